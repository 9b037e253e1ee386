"""What ``qbr doctor`` looks at: each finding says what is so and, where it is not well, what to do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from extractors.core.errors import VendorError
from orchestration import budgets, certificates, dagster_processes, newest_months, timetable
from orchestration.extraction import choose
from orchestration.mapping import in_use, is_in_use
from orchestration.selection import run_instant
from orchestration.sessions import signed_in
from warehouse.engine import connect
from warehouse.errors import WarehouseError
from warehouse.organizations import Organization
from warehouse.outbox import given_up
from warehouse.settings import get_settings

LEAST_FREE_BYTES = 2_000_000_000
STALE_AFTER = timedelta(hours=26)
LOOKED_BACK = timedelta(days=30)
"""So long a message that was given up is spoken of."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    subject: str
    state: Literal["good", "warning", "bad"]
    text: str
    advice: str = ""


def examine(organizations: Sequence[Organization], *, ask_vendors: bool = True) -> list[Finding]:
    """Look at everything; without a database there is nothing more to look at."""
    findings = [_disk()]
    database = _database()
    findings.append(database)
    if database.state == "bad":
        return findings
    for organization in organizations:
        findings += _sources(organization, ask_vendors=ask_vendors)
        findings += _budgets(organization)
        findings += _streams(organization)
        findings += _months(organization)
        findings += _messages(organization)
        findings += _schedules(organization)
    return findings


def _disk() -> Finding:
    folder = get_settings().var_dir
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free"
    if free < LEAST_FREE_BYTES:
        return Finding("Disk", "bad", text, "Free at least 2 GB where the var folder lies, or set QBR_VAR_DIR.")
    return Finding("Disk", "good", text)


def _database() -> Finding:
    try:
        with connect() as connection:
            version = connection.execute("show server_version").fetchone()
            there = connection.execute("select to_regclass('app.organizations') is not null").fetchone()
    except WarehouseError as error:
        return Finding("Database", "bad", str(error), "Start it, or correct QBR_DATABASE_URL.")
    text = f"Postgres {version[0] if version else 'of unknown version'}"
    if not there or not there[0]:
        return Finding("Database", "bad", f"{text}, without our tables", "Run `qbr run` or `make demo` once.")
    return Finding("Database", "good", text)


def _sources(organization: Organization, *, ask_vendors: bool) -> Iterator[Finding]:
    if not organization.sources.enabled:
        yield Finding(organization.id, "good", "reads no vendor; it lives on imported figures")
    for source in organization.sources.enabled:
        subject = f"{organization.id} {source}"
        if not ask_vendors:
            continue
        try:
            with signed_in(organization, source, as_of=run_instant([organization])) as session:
                session.preflight(in_use(organization, choose(source)))
        except (VendorError, WarehouseError) as error:
            yield Finding(subject, "bad", str(error), f"docs/troubleshooting.md, '{source}', says what helps.")
        else:
            yield Finding(subject, "good", "signed in, every stream may be read")


def _budgets(organization: Organization) -> Iterator[Finding]:
    """Requests of this month against what is allowed, and what they come to if it goes on like this."""
    moment = datetime.now(UTC)
    for source in organization.sources.enabled:
        try:
            found = budgets.standings(organization, source, moment)
        except WarehouseError:
            continue  # not connected: what asks the vendor says so
        for use, limit in found:
            subject = f"{organization.id} {source} requests"
            course = f"about {use.forecast:,} by the end of the month if it goes on like this"
            if limit is None:
                yield Finding(subject, "good", f"{use.requests:,} this month, no monthly limit; {course}")
                continue
            whose = "all organizations of the application" if limit.of == "app" else "this organization"
            text = f"{use.requests:,} of {limit.requests:,} this month ({whose}); {course}"
            if use.requests >= limit.requests:
                yield Finding(subject, "bad", f"{text}. Nothing more is read until the next month", limit.told)
            elif use.forecast > limit.requests:
                yield Finding(subject, "warning", f"{text}. Reading will stop before", limit.told)
            else:
                yield Finding(subject, "good", text)


def _streams(organization: Organization) -> Iterator[Finding]:
    with connect() as connection:
        done = {
            (source, stream): (completed_at, outcome, error, proof)
            for source, stream, completed_at, outcome, error, proof in connection.execute(
                """
                select distinct on (log.source, log.stream) log.source, log.stream, cursors.completed_at, log.outcome,
                    log.error, log.certificate
                from raw_meta.extraction_log as log
                left join raw_meta.cursors as cursors using (organization_id, source, stream)
                where log.organization_id = %s
                order by log.source, log.stream, log.log_id desc
                """,
                [organization.id],
            )
        }
    for source in organization.sources.enabled:
        for stream in choose(source):
            subject = f"{organization.id} {source} {stream.name}"
            completed_at, outcome, error, proof = done.get((source, stream.name), (None, None, None, None))
            if not is_in_use(organization, stream):
                yield Finding(subject, "good", f"not in use: config/{organization.id}.yml maps no table to it")
            elif completed_at is None:
                yield Finding(subject, "bad", "never read completely", f"Run `qbr extract {source} {stream.name}`.")
            elif outcome == "failed":
                yield Finding(subject, "bad", f"the last read failed: {error}", "See the sentence before.")
            elif datetime.now(UTC) - completed_at > STALE_AFTER:
                yield Finding(
                    subject,
                    "warning",
                    f"last read completely {completed_at:%Y-%m-%d %H:%M} UTC, more than 26 hours ago",
                    "Run `qbr run`, and keep `make up` running so that the schedule does it.",
                )
            else:
                certificate = f", {certificates.short(proof)}" if proof else ""
                yield Finding(subject, "good", f"read completely {completed_at:%Y-%m-%d %H:%M} UTC{certificate}")


def _months(organization: Organization) -> Iterator[Finding]:
    """Whether every mart that is kept by month holds the newest one; nothing before anything was built."""
    instant = run_instant([organization])
    with connect() as connection:
        marts = newest_months.kept_by_month(connection)
        missing = newest_months.missing(connection, organization, instant, marts) if marts else {}
    if marts and not missing:
        due = newest_months.due_month(organization, instant)
        yield Finding(f"{organization.id} marts", "good", f"none lacks {due}, the newest month that is over")
    for mart, phrase in missing.items():
        yield Finding(f"{organization.id} {mart}", "warning", phrase, "Run `qbr run`.")


def _messages(organization: Organization) -> Iterator[Finding]:
    """Alerts and mails that nobody has got, and nobody will; nothing where there are none."""
    with connect() as connection:
        found = given_up(connection, organization.id, datetime.now(UTC) - LOOKED_BACK)
    for one in found:
        yield Finding(
            f"{organization.id} {one.topic}",
            "warning",
            f"{one.count} messages were given up in the last {LOOKED_BACK.days} days, the last one "
            f"{one.last_at:%Y-%m-%d %H:%M} UTC: {one.error}",
            "Mend the channel (`qbr alerts test` tries it), and see with `qbr alerts list` what nobody was told.",
        )


def _schedules(organization: Organization) -> Iterator[Finding]:
    served = dagster_processes.running(get_settings().var_dir)
    for name, cron in timetable.of(organization).items():
        subject, when = f"{organization.id} schedule {name}", f"{cron} in {organization.time_zone}"
        if not organization.is_active:
            yield Finding(subject, "good", "none, since its file says is_active: false")
        elif served:
            yield Finding(subject, "good", f"{when}, kept by `make up` ({served.url})")
        else:
            yield Finding(
                subject,
                "warning",
                f"{when}, but nothing keeps it now",
                "Leave `make up` running, or have your own scheduler call `qbr run`.",
            )
