"""How Dagster shows files that were written: where they lie, and in a table how large they are and what else is known.

A link to the download page, where people reach one or `make up` serves one, without a secret: whoever has a link with
one opens the files, and Dagster's history shows it to everybody for ever. A browser opens no ``file:`` address from a
page of a server; Dagster's page copies the folder's path at a click.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import dagster as dg

from orchestration import dagster_processes
from warehouse.settings import get_settings

Metadata = dict[str, dg.MetadataValue]
Fact = str | int | float | None


def metadata_of_files(files: Sequence[tuple[Path, Mapping[str, Fact]]]) -> Metadata:
    """The download page, the folder they have in common, each file as it is called in there and what is known of it."""
    if not files:
        return {}
    folder = os.path.commonpath([path.parent for path, _ in files])
    facts = list(dict.fromkeys(name for _, known in files for name in known))
    columns = {"file": "string", **dict.fromkeys(facts, "string"), "bytes": "int"}
    for name in facts:
        if all(isinstance(known.get(name), int | None) for _, known in files):
            columns[name] = "int"
    address = _download_page()
    return {
        **({"download page": dg.MetadataValue.url(address)} if address else {}),
        "folder": dg.MetadataValue.path(folder),
        "files": dg.MetadataValue.table(
            [
                dg.TableRecord(
                    {
                        "file": str(path.relative_to(folder)),
                        **{name: known.get(name) for name in facts},
                        "bytes": path.stat().st_size,
                    }
                )
                for path, known in files
            ],
            schema=dg.TableSchema(columns=[dg.TableColumn(name, type=kind) for name, kind in columns.items()]),
        ),
    }


def _download_page() -> str | None:
    """Where people reach it, else where `make up` serves it beside the Dagster that shows this."""
    settings = get_settings()
    if settings.portal_url:
        return settings.portal_address()
    # Not by QBR_PORTAL_URL, as which mails would carry an address of this machine to the outside.
    served = dagster_processes.running(settings.var_dir)
    return served.page if served else None
