"""Answers for reports: which one, of which days, on which basis."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec
from starlette.requests import Request

from sandbox.clock import Clock
from sandbox.quickbooks.aging import AgedReceivables
from sandbox.quickbooks.balance import BalanceSheet, CashFlow
from sandbox.quickbooks.errors import Refused, property_refused
from sandbox.quickbooks.moments import PACIFIC
from sandbox.quickbooks.report import ProfitAndLoss
from sandbox.quickbooks.trees import Columns
from sandbox.shelves import Shelf
from sandbox.world.cash import make_cash_postings
from sandbox.world.entities import World

BASES = ("Accrual", "Cash")


class Reports:
    """The reports of one company, each made once per instant of the clock."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.clock = clock
        self.made: Shelf[bytes] = Shelf(clock)
        postings = {"Accrual": world.postings, "Cash": make_cash_postings(world)}
        self.makers: dict[tuple[str, str], Callable[[Columns, datetime], dict[str, Any]]] = {}
        for basis in BASES:
            self.makers["ProfitAndLoss", basis] = ProfitAndLoss(world, postings[basis], basis).report
            self.makers["BalanceSheet", basis] = BalanceSheet(world, postings[basis], basis).report
            self.makers["CashFlow", basis] = CashFlow(world, postings[basis], basis).report
        self.aging = AgedReceivables(world)

    def answer(self, request: Request) -> bytes:
        """One report. Without both dates it falls back to the year so far, whatever one date was sent."""
        name, asked = request.path_params["name"], request.query_params
        today = self.clock.now.astimezone(PACIFIC).date()
        if name == "AgedReceivables":
            day = day_of(asked["report_date"]) if "report_date" in asked else today
            return self.made.kept((name, day), lambda now: msgspec.json.encode(self.aging.report(day, now)))
        basis = asked.get("accounting_method", "Accrual")
        if basis not in BASES:
            raise property_refused(f"accounting_method {basis} is neither Accrual nor Cash")
        maker = self.makers.get((name, basis))
        if maker is None:
            raise Refused("120", "Not found", f"There is no report {name}.", 404, "SystemFault")
        start, end = today.replace(month=1, day=1), today
        if "start_date" in asked and "end_date" in asked:
            start, end = day_of(asked["start_date"]), day_of(asked["end_date"])
        by = asked.get("summarize_column_by", "Total")
        if by not in ("Total", "Month"):
            raise property_refused(f"summarize_column_by {by} is not simulated by this sandbox")
        columns = Columns(start, end, by == "Month")
        return self.made.kept((name, basis, columns), lambda now: msgspec.json.encode(maker(columns, now)))


def day_of(text: str) -> date:
    """A date parameter."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise property_refused(f"'{text}' is not a date") from None
