"""Runs dbt over the warehouse: one build a run, in this process, with the warehouse's own connection.

What the models do belongs in ``dbt_project/``; this module only starts them and says what came of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import io
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg.conninfo

from orchestration.errors import BuildFailed
from warehouse.settings import get_settings

PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
QUIETLY = ("--no-use-colors", "--log-level", "none", "--log-level-file", "none")


@dataclass(frozen=True, slots=True)
class DbtResult:
    """One model, test or seed: how it ended."""

    unique_id: str
    kind: str
    status: str
    message: str
    severity: str
    seconds: float = 0.0
    table: str | None = None
    """The relation as SQL names it; None for views and tests, whose rows nobody counts."""

    @property
    def name(self) -> str:
        return self.unique_id.split(".")[2]

    @property
    def is_failed(self) -> bool:
        return self.status in {"error", "fail", "runtime error"}

    @property
    def is_built(self) -> bool:
        """A model or seed that this run renewed."""
        return self.kind in {"model", "seed"} and self.status == "success"


def dbt_environment(database_url: str) -> dict[str, str]:
    """The variables that ``profiles.yml`` and the driver read, from a connection URL."""
    facts = psycopg.conninfo.conninfo_to_dict(database_url.replace("postgresql+psycopg://", "postgresql://"))
    return {
        "DBT_QBR_HOST": str(facts["host"]),
        "DBT_QBR_PORT": str(facts.get("port") or 5432),
        "DBT_QBR_USER": str(facts["user"]),
        "DBT_QBR_PASSWORD": str(facts.get("password") or ""),
        "DBT_QBR_DBNAME": str(facts["dbname"]),
        "QBR_WAREHOUSE": get_settings().warehouse,
        "PGTZ": "UTC",  # the driver's own: a server in another zone would write the instants of receipts differently
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def rarely_collecting() -> Iterator[None]:
    """While dbt runs, what it knows of the project is not walked over for garbage every few hundred objects.

    That took a fifth of its processor time, and freed little: nearly all of it lives until dbt ends.
    """
    before = gc.get_threshold()
    gc.set_threshold(20_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def build(
    database_url: str,
    *,
    select: Sequence[str] = (),
    full_refresh: bool = False,
    variables: Mapping[str, str] | None = None,
) -> list[DbtResult]:
    """Build and test the models; the results of every node, failed tests included.

    ``select`` builds or tests the named nodes and nothing that hangs on them.
    Raises :class:`BuildFailed` when dbt itself could not run or a model could not be built. A failed data test
    is a result, not an exception: the caller decides what it blocks.
    """
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    arguments = ["build", *QUIETLY, *without_artefacts(), "--target-path", str(target())]
    # Unit tests judge the SQL, not the data; `make test` runs them.
    arguments += ["--exclude-resource-type", "unit_test"]
    if select:
        arguments += ["--select", *select, "--indirect-selection", "empty"]
    if full_refresh:
        arguments.append("--full-refresh")
    if variables:
        arguments += ["--vars", json.dumps(dict(variables))]
    with (
        _environment(dbt_environment(database_url)),
        contextlib.redirect_stdout(io.StringIO()) as printed,
        rarely_collecting(),
    ):
        outcome = dbtRunner().invoke(arguments)
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise KeyboardInterrupt  # dbt has ended its own queries and keeps the news to itself
    if not isinstance(outcome.result, RunExecutionResult):
        raise BuildFailed(
            "dbt could not start, so no model was built: "
            f"{_cause(_one_line(str(outcome.exception or printed.getvalue())))}. "
            "Run `make lint` to find the model at fault; the tables are as they were."
        )
    results = [
        DbtResult(
            unique_id=result.node.unique_id,
            kind=str(result.node.resource_type),
            status=str(result.status),
            message=_one_line(result.message or ""),
            severity=str(getattr(result.node.config, "severity", "error") or "error").lower(),
            seconds=float(result.execution_time),
            table=_table(result.node),
        )
        for result in outcome.result.results
    ]
    broken = [result for result in results if result.is_failed and result.kind in {"model", "seed"}]
    if broken:
        names = ", ".join(result.name for result in broken[:5])
        raise BuildFailed(
            f"dbt could not build {len(broken)} of {len(results)} nodes (first: {names}): {_cause(broken[0].message)}. "
            "What was built before them stays; the decks were not renewed. "
            "See docs/troubleshooting.md, 'A model could not be built'.",
            results=results,
        )
    return results


def _table(node: Any) -> str | None:
    is_stored = str(node.resource_type) == "seed" or getattr(node.config, "materialized", "") in {
        "table",
        "incremental",
    }
    return str(node.relation_name) if is_stored else None


def _one_line(text: str) -> str:
    return " ".join(text.split())[:400]


def _cause(message: str) -> str:
    """What dbt says went wrong, without the line of SQL that Postgres quotes."""
    if "schemas on this incremental model are out of sync" in message:
        return "its table has other columns, as after an upgrade; `qbr build --full-refresh` builds every table anew"
    return re.sub(r"\s*LINE \d+:.*?(?=compiled code at|$)", " ", message).strip().rstrip(".")


def target() -> Path:
    """Where dbt keeps what it makes: with everything else that is made at run time, not in the project."""
    return get_settings().var_dir / "dbt"


def ensure_manifest() -> Path:
    """dbt's description of the project, written anew when the project has changed since.

    Raises :class:`BuildFailed` when the project cannot be parsed.
    """
    target().mkdir(parents=True, exist_ok=True)
    with (target() / "manifest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two processes that begin at once one writes it and the other waits
        return _manifest()


def without_artefacts() -> tuple[str, ...]:
    """What spares a build from writing dbt's description of the project, two seconds long, when it is there already."""
    return ("--no-write-json",) if _is_described() else ()


def _is_described() -> bool:
    manifest = target() / "manifest.json"
    return manifest.exists() and manifest.stat().st_mtime >= _last_change() and _is_whole(manifest)


def _is_whole(manifest: Path) -> bool:
    """Whether dbt came to its end when it wrote the file: it writes in place, and may be killed on the way."""
    with manifest.open("rb") as written:
        if not written.seek(0, os.SEEK_END):
            return False
        written.seek(-1, os.SEEK_END)
        return written.read() == b"}"


def _manifest() -> Path:
    manifest = target() / "manifest.json"
    if _is_described():
        return manifest
    from dbt.cli.main import dbtRunner

    anywhere = dbt_environment("postgresql://nobody@localhost/nothing")  # parsing connects to nothing
    with _environment(anywhere), contextlib.redirect_stdout(io.StringIO()) as printed:
        outcome = dbtRunner().invoke(["parse", *QUIETLY, "--target-path", str(target())])
    if not outcome.success:
        raise BuildFailed(
            f"The dbt project cannot be read: {_one_line(str(outcome.exception or printed.getvalue()))} "
            "Mend the file it names; nothing was built."
        )
    return manifest


def _last_change() -> float:
    kept = {".sql", ".yml", ".csv"}
    return max(
        path.stat().st_mtime
        for path in PROJECT.rglob("*")
        if path.suffix in kept and path.relative_to(PROJECT).parts[0] not in {"target", "logs"}
    )
