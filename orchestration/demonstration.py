"""The made-up business as a first organization: connect it to the sandbox and give it the history that is shown.

NinjaOne keeps no history, so the sandbox's clock is set to every month's end in turn and what has a daily history is
read at each, as a pipeline that had run all the time would have read it.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

import extractors
from orchestration import pipeline, sandbox_process
from orchestration.errors import NothingDone
from orchestration.extraction import choose, extract_source
from orchestration.progress import Progress
from orchestration.sandbox_process import Sandbox
from orchestration.windows import local_date
from warehouse.audit import Actor
from warehouse.credentials import connect_source, connected_sources
from warehouse.engine import connect, database_url
from warehouse.manual_metrics import ImportResult, import_manual
from warehouse.organizations import Organization
from warehouse.periods import Period, latest_complete_period, periods_between
from warehouse.settings import get_settings

ORGANIZATION = "demo-msp"
DEALER = "demo-dealer"
DATABASE_ORGANIZATIONS = ("demo-saas", DEALER)
"""Made-up organizations that are read from an operational database and nothing else."""
DATABASE = "qbr_sandbox_{warehouse}"
ACTOR = Actor("process", sandbox_process.CONNECTED_BY)
BEFORE_MIDNIGHT = timedelta(hours=1)


def attach(organization: Organization) -> Sandbox:
    """A running sandbox, and the organization's four sources connected to it.

    A sandbox that had to be started has forgotten the tokens it gave out, so its sources are connected anew.
    """
    settings = get_settings()
    sandbox, was_started = sandbox_process.ensure(
        settings.var_dir, port=settings.sandbox_port, seed=settings.sandbox_seed
    )
    connect_sources(organization, sandbox, anew=was_started)
    return sandbox


def connect_sources(organization: Organization, sandbox: Sandbox, *, anew: bool) -> None:
    """Connect all four sources to a sandbox; those that are connected already only when ``anew``."""
    with connect() as connection:
        connected = connected_sources(connection, organization.id)
        for source, facts in sandbox.credentials().items():
            if anew or source not in connected:
                connect_source(connection, organization.id, source, facts, environment="sandbox", actor=ACTOR)


def attach_databases(organizations: Sequence[Organization]) -> None:
    """Make sure that the made-up organizations among these find their operational databases, made when first needed.

    They lie on the warehouse's own server, beside the warehouse. One that somebody connected to a database of their own
    is left alone.
    """
    wanted = [one for one in organizations if one.id in DATABASE_ORGANIZATIONS]
    if not wanted:
        return
    pipeline.prepare(wanted)
    with connect() as connection:
        connected = {one.id: connected_sources(connection, one.id).get("opsdb") for one in wanted}
    wanted = [one for one in wanted if (it := connected[one.id]) is None or it.connected_by == ACTOR.id]
    if not wanted:
        return
    settings = get_settings()
    with _one_at_a_time(settings.var_dir):
        sandbox, _ = sandbox_process.ensure(settings.var_dir, port=settings.sandbox_port, seed=settings.sandbox_seed)
        server = database_url()
        warehouse = psycopg.conninfo.conninfo_to_dict(server).get("dbname", "qbr")
        facts = sandbox.databases(server, DATABASE.format(warehouse=warehouse))
        with connect() as connection:
            for one in wanted:
                connect_source(connection, one.id, "opsdb", facts[one.id], environment="sandbox", actor=ACTOR)


@contextmanager
def _one_at_a_time(var_dir: Path) -> Iterator[None]:
    """Two steps that begin at once start one sandbox."""
    var_dir.mkdir(parents=True, exist_ok=True)
    with (var_dir / "sandbox.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def import_figures(organization: Organization, sandbox: Sandbox) -> ImportResult:
    """The figures that the made-up owner keeps by hand."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manual.csv"
        path.write_text(sandbox.manual_csv())
        with connect() as connection:
            return import_manual(connection, organization.id, path, method="manual", entered_by=ACTOR.id)


def read_history(organization: Organization, sandbox: Sandbox, *, run_id: str, progress: Progress) -> int:
    """Read devices, patches, antivirus ... at the end of each month that lacks a reading; how many months were read.

    The sandbox's clock is back at its own time afterwards, whatever happens.
    Raises :class:`NothingDone` when a reading fails.
    """
    sandbox.reset_clock()
    missing = _months_without_reading(organization, sandbox.clock())
    try:
        for month in missing:
            progress.detail(f"NinjaOne at the end of {month}")
            moment = month.bounds(organization.time_zone)[1] - BEFORE_MIDNIGHT
            sandbox.set_clock(moment)
            for outcome in extract_source(
                organization,
                "ninjaone",
                choose("ninjaone", _with_history()),
                run_id=run_id,
                as_of=moment,
                progress=progress,
            ):
                if outcome.error:
                    raise NothingDone(f"The device history could not be read: {outcome.error}")
    finally:
        sandbox.reset_clock()
    return len(missing)


def _with_history() -> list[str]:
    """The streams of NinjaOne that keep a copy a day."""
    return [stream.name for stream in extractors.STREAMS["ninjaone"] if stream.keeps_daily_history]


def _months_without_reading(organization: Organization, now: datetime) -> list[Period]:
    zone = organization.time_zone
    wanted = periods_between(Period.parse(organization.settings.history_start), latest_complete_period(now, zone))
    with connect() as connection:
        # Rows of a day are not enough: a reading that was killed half-way has some too.
        streams = _with_history()
        days = {
            local_date(organization, as_of)
            for (as_of,) in connection.execute(
                "select as_of from raw_meta.extraction_log where organization_id = %s and source = 'ninjaone' "
                "and stream = any(%s) and outcome = 'complete' group by as_of having count(distinct stream) = %s",
                [organization.id, streams, len(streams)],
            )
        }
    return [month for month in wanted if local_date(organization, month.bounds(zone)[1] - BEFORE_MIDNIGHT) not in days]
