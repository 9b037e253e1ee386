"""How long finished files are kept: what is older than the organization's file allows goes, what is frozen never."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import Connection

from reports.mails import TOPIC
from reports.views.files import path_of
from reports.views.query import rows
from warehouse.audit import RUN, Actor, record
from warehouse.delivery_rules import Retention

KINDS: Mapping[str, str] = {
    "export": "exports_days",
    "snapshot_file": "snapshot_files_days",
    "data_quality_report": "data_quality_reports_days",
}
"""Which number of days holds for which kind of file; decks and what belongs to them are kept for ever."""
SPOOLED = timedelta(days=30)
"""Attachments of mails are copies; so long they are kept though no mail waits for them."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was removed."""

    files: int
    bytes: int

    def __str__(self) -> str:
        return f"{self.files} files, {self.bytes:,} bytes removed" if self.files else "nothing to remove"


def clear(
    connection: Connection[Any], organization_id: str, out_dir: Path, now: datetime, *, actor: Actor = RUN
) -> Cleared:
    """Remove the files that are too old and note that they are gone; the caller commits."""
    keep = _days(connection, organization_id)
    root, files, size = out_dir.resolve(), 0, 0
    for kind, setting in KINDS.items():
        for row in _too_old(connection, organization_id, kind, now - timedelta(days=keep[setting])):
            path = path_of(row["uri"]).resolve()
            if not path.is_relative_to(root):
                continue  # never ours to remove, whatever a row says
            if row["is_current"]:
                path.unlink(missing_ok=True)
                files, size = files + 1, size + row["bytes"]
            connection.execute(
                "update app.artefacts set removed_at = %s, superseded_at = coalesce(superseded_at, %s) "
                "where organization_id = %s and artefact_id = %s",
                [now, now, organization_id, row["artefact_id"]],
            )
    cleared = Cleared(files, size)
    if files:
        record(connection, organization_id, actor, "clear_files", details={"files": files, "bytes": size})
    return cleared


def clear_spool(connection: Connection[Any], folder: Path, now: datetime) -> int:
    """Remove copies of attachments that no mail of any organization waits for any more; how many."""
    count, awaited = 0, _awaited(connection)
    for path in folder.glob("*") if folder.is_dir() else ():
        if path.name not in awaited and path.is_file() and path.stat().st_mtime < (now - SPOOLED).timestamp():
            path.unlink(missing_ok=True)
            count += 1
    return count


def _awaited(connection: Connection[Any]) -> frozenset[str]:
    """Hashes of what mails that may still go carry."""
    found = rows(
        connection,
        """
        select distinct attached ->> 'sha256' as sha256
        from app.outbox cross join jsonb_array_elements(payload -> 'attachments') as attached
        where topic = %(topic)s and delivered_at is null and given_up_at is null
        """,
        {"topic": TOPIC},
    )
    return frozenset(row["sha256"] for row in found)


def _days(connection: Connection[Any], organization_id: str) -> dict[str, int]:
    found = rows(
        connection,
        "select settings -> 'retention' as kept from app.organizations where organization_id = %(organization_id)s",
        {"organization_id": organization_id},
    )
    return Retention.model_validate((found[0]["kept"] if found else None) or {}).model_dump()


def _too_old(connection: Connection[Any], organization_id: str, kind: str, before: datetime) -> list[dict[str, Any]]:
    return rows(
        connection,
        """
        select artefact_id, uri, bytes, superseded_at is null as is_current from app.artefacts
        where organization_id = %(organization_id)s and kind = %(kind)s and not is_frozen and removed_at is null
            and stored_at < %(before)s
        order by artefact_id
        """,
        {"organization_id": organization_id, "kind": kind, "before": before},
    )
