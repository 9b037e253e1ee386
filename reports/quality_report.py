"""The monthly data-quality report: one set of sections, as a page of HTML, a workbook and a mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg import Connection

from reports.exports.table import Column, Table
from reports.exports.workbook import write_workbook
from reports.files import finished
from reports.formats import NO_DATA, Formats, utc
from reports.mails import Attachment, Mailing
from reports.pages import Section, as_html, as_text
from reports.views import organizations as scope
from reports.views.data_quality import DataQuality, data_quality
from reports.views.organizations import Organization
from warehouse.artefacts import Artefact, store

MONTHS = 6
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class QualityReport:
    """What was written, and the mail that tells of it."""

    period: str
    files: tuple[Path, ...]
    artefacts: tuple[Artefact, ...]
    findings: tuple[str, ...]
    mailing: Mailing


def build_quality_report(
    connection: Connection[Any], organization_id: str, period: str, as_of: datetime, out_dir: Path
) -> QualityReport:
    """Write the report of a month as of `as_of`; the caller commits. Raises UnknownScope."""
    about = scope.organization(connection, organization_id)
    snapshot = scope.snapshot(connection, organization_id)
    formats = Formats(about.locale, about.currency, about.time_zone)
    sections = sections_of(data_quality(connection, organization_id, scope.months_until(period, MONTHS)), formats)
    title = f"{about.name}: data quality of {formats.month(period)}"
    opening = [f"As of {formats.instant(as_of)} ({about.time_zone}). An empty field is not zero."]
    folder = out_dir / organization_id / "data-quality"
    page = folder / f"{organization_id}-{period}-data-quality.html"
    workbook = page.with_suffix(".xlsx")
    content = as_html(title, opening, sections, language=about.locale[:2])
    with finished(page) as unfinished:
        unfinished.write_text(content, encoding="utf-8")
    with finished(workbook) as unfinished:
        write_workbook([_table(section, about, as_of) for section in sections], unfinished)
    findings = tuple(f"{section.title}: {section.finding}" for section in sections)
    artefacts = tuple(
        store(
            connection, organization_id, path, kind="data_quality_report", period=period, run_id=snapshot.run_id,
            details={"data_as_of": utc(snapshot.as_of), "as_of": utc(as_of), "findings": list(findings)},
        )
        for path in (page, workbook)
    )  # fmt: skip
    mailing = Mailing(
        kind="data_quality_report",
        key=f"data-quality-{period}",
        subject=title,
        text=as_text(title, opening, sections),
        html=content,
        attachments=(Attachment.of(workbook, _WORKBOOK),),
    )
    return QualityReport(period, (page, workbook), artefacts, findings, mailing)


def sections_of(found: DataQuality, formats: Formats) -> list[Section]:
    """What the report says, worded once for the page, the workbook and the mail."""
    return [
        _readiness(found, formats),
        _checks(found, formats),
        _missing(found),
        _books(found, formats),
        _clients(found),
        _streams(found, formats),
    ]


def _readiness(found: DataQuality, formats: Formats) -> Section:
    this = next((month for month in found.readiness if month.period == found.period), None)
    if this is None or this.score is None:
        why = this.reason if this and this.reason else "the marts hold no readiness of this month"
        finding = f"No score: {why.rstrip('.')}."
    else:
        finding = f"{formats.percent(this.score)} of what figures of the service desk rest on is in place."
    rows = tuple(
        (
            formats.month(month.period),
            *(
                _share(formats, share)
                for share in (month.score, month.tickets_typed, month.time_on_tickets, month.boards_mapped)
            ),
            month.reason or "",
        )
        for month in found.readiness
    )
    header = ("Month", "Score", "Tickets with a type", "Time on tickets", "Boards mapped", "Reason")
    return Section("Readiness", finding, header, rows, frozenset({1, 2, 3, 4}))


def _checks(found: DataQuality, formats: Formats) -> Section:
    failed = [check for check in found.checks if not check.is_passed]
    errors = sum(check.severity == "error" for check in failed)
    finding = (
        f"All {len(found.checks)} checks pass."
        if found.checks and not failed
        else f"{errors} of {len(found.checks)} checks fail and hold decks back; {len(failed) - errors} warn."
        if found.checks
        else "No check has been run yet."
    )
    rows = tuple(
        (check.severity, check.check_name, check.subject, check.message or "", formats.instant(check.checked_at))
        for check in failed
    )
    return Section("Checks", finding, ("Severity", "Check", "Subject", "What it says", "Checked"), rows)


def _missing(found: DataQuality) -> Section:
    count = len(found.missing)
    finding = "Every input has a value." if not count else f"{_counted(count, 'input')} without a value."
    rows = tuple((gap.label, gap.metric, gap.reason) for gap in found.missing)
    return Section("Missing inputs", finding, ("Input", "Key", "Reason"), rows)


def _books(found: DataQuality, formats: Formats) -> Section:
    parts = [
        f"{_counted(len(found.unmapped), 'account')} without a rule" if found.unmapped else "Every account has a rule",
        f"{_counted(len(found.ledger), 'report group')} that do not tie" if found.ledger else "every report group ties",
    ]
    rows = (
        *(
            ("Account without a rule", f"{one.account_name} ({one.account_id})", one.report_group,
             formats.money(one.amount, 2))
            for one in found.unmapped
        ),
        *(
            ("Does not tie", f"{one.period}, {one.basis}", one.report_group, formats.money(one.difference, 2))
            for one in found.ledger
        ),
    )  # fmt: skip
    return Section("Books", "; ".join(parts) + ".", ("What", "Which", "Report group", "Amount"), rows, frozenset({3}))


def _clients(found: DataQuality) -> Section:
    alone = sum(client.is_unmatched for client in found.clients)
    finding = (
        f"{alone} found in one source only, {len(found.clients) - alone} matched by name alone."
        if found.clients
        else "Every client is matched and confirmed."
    )
    rows = tuple(
        (client.name, client.client_id, "found in one source only" if client.is_unmatched else "matched by name alone")
        for client in found.clients
    )
    return Section("Clients to look at", finding, ("Client", "Id", "Why"), rows)


def _streams(found: DataQuality, formats: Formats) -> Section:
    failed = sum(stream.last_outcome == "failed" for stream in found.streams)
    uncertified = sum(stream.is_certified is False for stream in found.streams)
    rejected = sum(stream.rejected or 0 for stream in found.streams)
    finding = (
        f"{_counted(len(found.streams), 'stream')}: {failed} failed last time, {uncertified} without a certificate, "
        f"{_counted(rejected, 'record')} kept aside."
        if found.streams
        else "No stream was ever read."
    )
    rows = tuple(
        (
            stream.source,
            stream.stream,
            formats.instant(stream.completed_as_of),
            stream.last_outcome or "never read",
            {True: "yes", False: "no", None: "unknown"}[stream.is_certified],
            NO_DATA if stream.records is None else formats.number(stream.records),
            NO_DATA if stream.rejected is None else formats.number(stream.rejected),
            stream.last_error or "",
        )
        for stream in found.streams
    )
    header = ("Source", "Stream", "Complete as of", "Last read", "Certified", "Records", "Kept aside", "Error")
    return Section("Sources", finding, header, rows, frozenset({5, 6}))


def _share(formats: Formats, value: Decimal | None) -> str:
    return NO_DATA if value is None else formats.percent(value)


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _table(section: Section, about: Organization, as_of: datetime) -> Table:
    header: Sequence[str] = section.header
    return Table(
        name=section.title,
        columns=tuple(Column(name) for name in header),
        rows=section.rows,
        about=(("Finding", section.finding), ("Organization", about.name), ("As of", utc(as_of))),
    )
