"""The weekly report to investors: snapshot files, a workbook, and a mail with both and the investor pack."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg import Connection

from reports.decks.gating import gate
from reports.exports.table import Column, Table
from reports.exports.workbook import write_workbook
from reports.files import finished
from reports.formats import NO_DATA, Formats, utc
from reports.mails import Attachment, Mailing
from reports.pages import Section, as_html, as_text
from reports.snapshots.snapshot_file import LATEST, archive_name, snapshot_json
from reports.views import organizations as scope
from reports.views.files import FinishedFile, current_file
from reports.views.investors import InvestorMetrics, Told, investor_metrics, latest_period
from reports.views.organizations import Organization
from warehouse.artefacts import Artefact, store
from warehouse.periods import Period

PACK = "investor_deck"
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DECK = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


@dataclass(frozen=True, slots=True)
class InvestorReport:
    """What was written, and the mail that tells of it."""

    period: str
    files: tuple[Path, ...]
    artefacts: tuple[Artefact, ...]
    mailing: Mailing
    why_no_pack: str | None
    """Why the investor pack does not go along, for who made the report; None where it does."""


def build_investor_report(
    connection: Connection[Any], organization_id: str, period: str, as_of: datetime, out_dir: Path
) -> InvestorReport:
    """Write the files of `period` as of `as_of` and word the mail; the caller commits. Raises UnknownScope."""
    about = scope.organization(connection, organization_id)
    snapshot = scope.snapshot(connection, organization_id)
    metrics = investor_metrics(connection, organization_id, period)
    formats = Formats(about.locale, about.currency, about.time_zone)
    folder = out_dir / organization_id / "investors"
    content = snapshot_json(about, metrics, as_of, snapshot.as_of)
    archive, latest = folder / archive_name(about, as_of), folder / LATEST
    workbook = folder / archive.with_suffix(".xlsx").name.replace("metrics_", "investor_report_")
    # An earlier month is told again in files of its own; the latest snapshot stays that of the newest month.
    snapshots = (archive, latest) if period == latest_period(connection, organization_id) else (archive,)
    for path in snapshots:
        with finished(path) as unfinished:
            unfinished.write_bytes(content)
    with finished(workbook) as unfinished:
        write_workbook([_table(about, metrics, formats, as_of)], unfinished)
    quarter = str(Period.parse(period).quarter)
    artefacts = tuple(
        store(
            connection, organization_id, path, kind="snapshot_file", period=period, run_id=snapshot.run_id,
            details={"data_as_of": utc(snapshot.as_of), "as_of": utc(as_of), "quarter": quarter},
        )
        for path in (*snapshots, workbook)
    )  # fmt: skip
    pack, why_not = _pack(connection, organization_id, quarter)
    attached = [Attachment.of(archive, "application/json"), Attachment.of(workbook, _WORKBOOK)]
    if pack is not None:
        attached.append(Attachment(pack.path, _DECK, pack.sha256))
    mailing = _mailing(about, metrics, formats, as_of=as_of, attached=attached, pack=pack.period if pack else None)
    return InvestorReport(period, (*snapshots, workbook), artefacts, mailing, why_not)


def _pack(connection: Connection[Any], organization_id: str, quarter: str) -> tuple[FinishedFile | None, str | None]:
    """The newest pack that may go out, or why there is none: what no deck may say today goes out on none of before."""
    pack = current_file(connection, organization_id, PACK, quarters_up_to=quarter)
    if pack is None:
        return None, (
            "none is finished, or its file is not what was built. `qbr deck build --deck investor` draws it anew."
        )
    if failures := gate(connection, organization_id, str(pack.period)):
        others = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        return None, f"that of {pack.period} is held back by {failures[0].rstrip('.')}{others}."
    return pack, None


def _mailing(
    about: Organization,
    metrics: InvestorMetrics,
    formats: Formats,
    *,
    as_of: datetime,
    attached: Sequence[Attachment],
    pack: str | None,
) -> Mailing:
    month = formats.month(metrics.period)
    title = f"{about.name}: figures for investors, {month}"
    before = formats.month(metrics.previous_period) if metrics.previous_period else "no month before"
    with_pack = f", and the investor pack of {formats.quarter(pack)}" if pack else ""
    opening = [
        f"{month} beside {before}; as of {formats.instant(as_of)} ({about.time_zone}).",
        f"Attached: the figures as JSON and as a workbook{with_pack}."
        + ("" if pack else " No investor pack of a quarter is ready to go along."),
    ]
    sections = _sections(metrics, formats)
    local = archive_name(about, as_of).removeprefix("metrics_").removesuffix(".json")
    return Mailing(
        kind="investor_report",
        key=f"investor-report-{metrics.period}-{local[:10]}",
        subject=title,
        text=as_text(title, opening, sections),
        html=as_html(title, opening, sections, language=about.locale[:2]),
        attachments=tuple(attached),
    )


def _sections(metrics: InvestorMetrics, formats: Formats) -> list[Section]:
    before = formats.month(metrics.previous_period) if metrics.previous_period else "before"
    found = []
    for group in metrics.groups:
        known = [told for told in group.told if told.value is not None]
        missing = [told for told in group.told if told.value is None]
        finding = f"{len(known)} of {len(group.told)} figures have a value."
        rows = tuple(
            (
                told.label,
                shown(formats, told.value, told.unit),
                shown(formats, told.previous, told.unit),
                change(formats, told),
            )
            for told in known
        )
        for reason in dict.fromkeys(told.reason for told in missing):
            names = ", ".join(told.label for told in missing if told.reason == reason)
            finding += f" No data for {names}: {reason}"
        header = ("", formats.month(metrics.period), before, "Change")
        found.append(Section(group.label, finding, header, rows, frozenset({1, 2, 3})))
    lines = tuple((alert.severity, alert.message, formats.instant(alert.first_seen_at)) for alert in metrics.alerts)
    finding = {0: "None is open on these figures.", 1: "One is open."}.get(len(lines), f"{len(lines)} are open.")
    if metrics.other_alerts:
        others = "One other is" if metrics.other_alerts == 1 else f"{metrics.other_alerts} others are"
        finding += f" {others} open on what is not told here."
    found.append(Section("Open alerts", finding, ("Severity", "What", "Since") if lines else (), lines))
    return found


def _table(about: Organization, metrics: InvestorMetrics, formats: Formats, as_of: datetime) -> Table:
    columns = (
        *(Column(name) for name in ("group", "metric", "label", "period")),
        Column("value", "decimal"), Column("unit"), Column("shown"), Column("reason"),
        Column("previous_period"), Column("previous_value", "decimal"), Column("previous_shown"), Column("change"),
    )  # fmt: skip
    rows = [
        (
            group.label, told.key, told.label, metrics.period, told.value, told.unit,
            shown(formats, told.value, told.unit), told.reason, metrics.previous_period, told.previous,
            shown(formats, told.previous, told.unit), change(formats, told),
        )
        for group in metrics.groups
        for told in group.told
    ]  # fmt: skip
    facts = (
        ("Organization", f"{about.name} ({about.organization_id})"),
        ("As of", utc(as_of)),
        ("Currency", about.currency),
        ("Time zone of months", about.time_zone),
        ("Missing", "an empty value is not zero; the column reason says why there is none"),
    )
    return Table("investor figures", columns, rows, facts)


def shown(formats: Formats, value: Decimal | str | None, unit: str) -> str:
    """A figure as investors read it; a word stays a word."""
    if isinstance(value, str):
        return value
    if value is None:
        return NO_DATA
    places = {"fraction": 2, "ms": 0, "score": 1}.get(unit)
    text = formats.with_unit(value, unit, places=places)
    return f"{text} ms" if unit == "ms" else text


def change(formats: Formats, told: Told) -> str:
    """The difference to the month before; a word that changed is quoted; nothing where either is missing."""
    if told.value is None or told.previous is None:
        return ""
    if isinstance(told.value, str) or isinstance(told.previous, str):
        return "unchanged" if told.value == told.previous else f"was {told.previous}"
    return formats.signed(told.value - told.previous, told.unit, places=2 if told.unit == "fraction" else None)
