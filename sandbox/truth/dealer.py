"""What a dealer's quarterly figures must be, computed in plain Python from the tables that the sandbox drew.

Every row is taken as it stood at the instant. Days are Chicago's; a figure that cannot be computed is None.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sandbox.opsdb.kept import CHICAGO, FIRST_DAY
from sandbox.opsdb.server import tables

Row = dict[str, Any]
ALL = "all"


@dataclass(frozen=True, slots=True)
class Assessed:
    """A look at a machine that somebody entered in the product itself, beside the dealer's own."""

    unit: str
    day: date
    condition: str


@dataclass(frozen=True, slots=True)
class Quarter:
    """A calendar quarter as of an instant: its days, the day it is measured on, whether it is over."""

    name: str
    first: date
    last: date
    measured: date
    is_over: bool

    def holds(self, day: date | None) -> bool:
        """Whether the day is in it; no day is in none."""
        return day is not None and self.first <= day <= self.last


class Dealer:
    """The dealer's tables as they stood at an instant."""

    def __init__(self, seed: int, now: datetime, entered: Iterable[Assessed] = ()) -> None:
        found = {table.name: table for table in tables(seed) if table.schema == "DLR"}
        self._now, self.today = now, now.astimezone(CHICAGO).date()
        self.customers = self._rows(found["CUSTMAST"], company="01")
        self.machines = self._rows(found["EQUIP"])
        self.orders = [row for row in self._rows(found["SVCHDR"], company="01") if row["STAT"] != "V"]
        self.parts, self.rentals = self._rows(found["PRTLIN"]), self._rows(found["RENTAL"])
        self.looks = self._rows(found["CONDHIST"])
        self.entered = tuple(entered)

    def _rows(self, table: Any, company: str | None = None) -> list[Row]:
        names = list(table.columns)
        rows = [
            dict(zip(names, row, strict=False))
            for row in table.rows
            if row[-2] <= self._now and (row[-1] is None or row[-1] > self._now)
        ]
        return [row for row in rows if company is None or row["COMPANY"] == company]

    def quarters(self) -> list[Quarter]:
        """Every quarter that has begun."""
        found, first = [], FIRST_DAY
        while first <= self.today:
            following = (first + timedelta(days=95)).replace(day=1)
            last = following - timedelta(days=1)
            name = f"{first.year}-Q{(first.month + 2) // 3}"
            found.append(Quarter(name, first, last, min(last, self.today), is_over=last < self.today))
            first = following
        return found


Figures = dict[tuple[int | str, str], Row]
"""By customer number, or all, and quarter."""


def over(dealer: Dealer, compute: Callable[[Dealer, int | str, Quarter], Row]) -> Figures:
    """The figures of every scope and quarter."""
    scopes: list[int | str] = [ALL, *(row["CUSNO"] for row in dealer.customers)]
    return {(scope, quarter.name): compute(dealer, scope, quarter) for scope in scopes for quarter in dealer.quarters()}


def of(rows: Iterable[Row], scope: int | str) -> list[Row]:
    """Those of one scope."""
    return [row for row in rows if scope in (ALL, row["CUSNO"])]


def half_even(exact: Fraction | None, scale: int) -> Decimal | None:
    """An exact fraction at a number of decimals; a tie goes to the even digit."""
    return None if exact is None else Decimal(round(exact * 10**scale)).scaleb(-scale)


def ratio(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
    """A quotient, unless the whole is nothing."""
    return Fraction(part) / Fraction(whole) if whole else None


def total(amounts: Iterable[Any]) -> Decimal:
    """The sum of the amounts that are known."""
    return sum((amount for amount in amounts if amount is not None), Decimal(0))
