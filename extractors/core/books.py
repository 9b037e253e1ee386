"""QuickBooks' reports, asked for month by month and basis by basis. A report that is not whole is refused.

A report has no pages and no count: what proves it is that it is of the days and on the basis that were asked for, that
its last group was reached, and that what must agree within it does.
"""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from extractors.core.cutting import Cut
from extractors.core.stream import Stream
from extractors.core.walk import Walk

NO_BASIS = "none"
"""Stands in the key of a report that knows no accounting basis."""


class _Header(msgspec.Struct, rename="pascal"):
    report_basis: str | None = None
    start_period: str | None = None
    end_period: str | None = None
    time: str | None = None
    option: list[dict[str, Any]] = []


class _Cell(msgspec.Struct):
    value: str = ""


class _Cells(msgspec.Struct):
    cells: list[_Cell] = msgspec.field(name="ColData", default_factory=list)


class _Row(msgspec.Struct):
    group: str | None = None
    summary: _Cells | None = msgspec.field(name="Summary", default=None)
    cells: list[_Cell] = msgspec.field(name="ColData", default_factory=list)


class _Rows(msgspec.Struct):
    rows: list[_Row] = msgspec.field(name="Row", default_factory=list)


class _Report(msgspec.Struct):
    header: _Header = msgspec.field(name="Header")
    rows: _Rows = msgspec.field(name="Rows")


Amounts = list[Decimal]
Groups = dict[str, Amounts]


def report_id(stream: Stream, month: str, basis: str = NO_BASIS) -> str:
    """The key of a month's report, which names the accounting basis too: `ProfitAndLoss:Accrual:2026-06`."""
    return f"{stream.path.rsplit('/', 1)[-1]}:{basis}:{month}"


def report_ids(stream: Stream, month: str) -> list[str]:
    """The keys of a month's reports, one for each basis."""
    return [report_id(stream, month, basis) for basis in stream.bases or (NO_BASIS,)]


def one_report_a_month(walk: Walk) -> Iterator[Cut]:
    """A report for each month of the window and each basis; the whole report is the record."""
    stream = walk.stream
    if not walk.scope.window.months:
        raise ValueError(f"{stream.name} is read month by month, and the window names no months")
    bases = stream.bases or (NO_BASIS,)
    parts = [(month, basis) for month in sorted(walk.scope.window.months) for basis in bases]
    last_read = (walk.cursor.get("month", ""), walk.cursor.get("basis", bases[-1]))
    for month, basis in parts[parts.index(last_read) + 1 :] if last_read in parts else parts:
        body = walk.get(stream.path, {**walk.filters(), **asked_for(walk, month, basis)}).body
        answer = walk.decode(body, _Report)
        cursor = {"month": month, "basis": basis}
        cut = walk.cut_one(body, report_id(stream, month, basis), _time(answer.header.time))
        if not cut.rejections:
            _refuse_what_is_not_whole(walk, answer, month, basis)
        yield walk.take(cut._replace(cursor=cursor))
    walk.close()


def asked_for(walk: Walk, month: str, basis: str) -> dict[str, str]:
    """The parameters of one report. A report of a day is asked for the month's last, or today's while it runs."""
    first, last = _bounds(month)
    if not walk.stream.bases:
        today = walk.scope.as_of.astimezone(walk.scope.time_zone).date()
        return {"report_date": min(last, today).isoformat()}
    return {"accounting_method": basis, "start_date": first.isoformat(), "end_date": last.isoformat()}


def _refuse_what_is_not_whole(walk: Walk, answer: _Report, month: str, basis: str) -> None:
    header, asked = answer.header, asked_for(walk, month, basis)
    wanted = (asked.get("accounting_method"), asked.get("start_date"), asked.get("end_date", asked.get("report_date")))
    # With one date missing it falls back to the year to date without a word.
    told = (header.report_basis, header.start_period if "start_date" in asked else None, header.end_period)
    if told != wanted:
        walk.broken(f"a report for another basis or time than {basis} {month}")
    if {"Name": "NoReportData", "Value": "true"} in header.option:
        return
    report = walk.stream.path.rsplit("/", 1)[-1]
    try:
        groups = {row.group: _amounts(row) for row in answer.rows.rows if row.group is not None}
        _CHECKS[report](walk, groups, month)
    except InvalidOperation:
        walk.broken(f"a report of {month} with a cell that is no amount")


def _reaches_its_net_income(walk: Walk, groups: Groups, month: str) -> None:
    if "NetIncome" not in groups:
        walk.broken(f"a report of {month} that ends before its net income")


def _has_equal_sides(walk: Walk, groups: Groups, month: str) -> None:
    if "TotalAssets" not in groups and "TotalLiabilitiesAndEquity" not in groups:
        walk.broken(f"a balance sheet of {month} that ends before its totals")
    assets, claims = (groups.get(group, []) for group in ("TotalAssets", "TotalLiabilitiesAndEquity"))
    if _filled(assets, claims) != _filled(claims, assets):
        walk.broken(f"a balance sheet of {month} whose two sides differ")


def _explains_its_cash(walk: Walk, groups: Groups, month: str) -> None:
    if "EndingCash" not in groups:
        walk.broken(f"a report of {month} that ends before the cash at its end")
    begin, moved, end = (groups.get(group, []) for group in ("BeginningCash", "CashIncrease", "EndingCash"))
    sums = [one + other for one, other in zip(_filled(begin, end), _filled(moved, end), strict=False)]
    if sums != end:
        walk.broken(f"a report of {month} whose cash does not come to what it began with and gained")


def _reaches_its_total(walk: Walk, groups: Groups, month: str) -> None:
    if "GrandTotal" not in groups:
        walk.broken(f"a report of {month} that ends before its total")


_CHECKS: dict[str, Callable[[Walk, Groups, str], None]] = {
    "ProfitAndLoss": _reaches_its_net_income,
    "BalanceSheet": _has_equal_sides,
    "CashFlow": _explains_its_cash,
    "AgedReceivables": _reaches_its_total,
}


def _amounts(row: _Row) -> Amounts:
    """The amounts of a row; an empty cell counts as nothing here."""
    cells = row.summary.cells if row.summary is not None else row.cells
    return [Decimal(cell.value or 0) for cell in cells[1:]]


def _filled(amounts: Amounts, other: Amounts) -> Amounts:
    """The amounts, as many as the other has: a group that is left out is nothing."""
    return amounts + [Decimal(0)] * (len(other) - len(amounts))


def _bounds(month: str) -> tuple[date, date]:
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, 1), date(year, number, monthrange(year, number)[1])


def _time(text: str | None) -> datetime | None:
    """When the report was made. Older captures hold epoch milliseconds here; what is no time is left aside."""
    try:
        made = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return made.astimezone(UTC) if made and made.tzinfo else None
