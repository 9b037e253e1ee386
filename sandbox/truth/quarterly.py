"""The 18 SmartNumbers of a quarter, in exact fractions, rounded once at the very end, half to even."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sandbox.truth.monthly import monthly_inputs
from sandbox.truth.months import complete_months, quarter_of
from sandbox.world.entities import World

MONTHS_IN_QUARTER = 3
Figures = Mapping[str, Decimal | None]


class Quarter:
    """The inputs of the months that have all of them. ``n`` is how many those are."""

    def __init__(self, months: Sequence[Figures], inputs: Sequence[str], hours_a_month: int) -> None:
        whole = [month for month in months if all(month.get(name) is not None for name in inputs)]
        self.n = len(whole)
        self.hours_a_month = hours_a_month
        self._sums = {name: sum((Fraction(month[name] or 0) for month in whole), Fraction(0)) for name in inputs}

    def total(self, *names: str) -> Fraction:
        """Sum over the months of one or more inputs."""
        return sum((self._sums[name] for name in names), Fraction(0))

    def average(self, name: str) -> Fraction:
        """Mean over the months."""
        return self._sums[name] / self.n


@dataclass(frozen=True)
class SmartNumber:
    """A key, its decimals, what it needs, and how it is worked out."""

    key: str
    scale: int
    inputs: tuple[str, ...]
    formula: Callable[[Quarter], Fraction]


SMARTNUMBERS = (
    SmartNumber("tickets_per_tech_per_month", 2, ("reactive_tickets_closed", "technical_employees"),
                lambda q: q.total("reactive_tickets_closed") / q.average("technical_employees") / q.n),
    SmartNumber("total_close_pct", 4, ("reactive_tickets_closed", "reactive_tickets_created"),
                lambda q: q.total("reactive_tickets_closed") / q.total("reactive_tickets_created")),
    SmartNumber("tickets_per_endpoint_per_month", 4, ("reactive_tickets_created", "endpoints_managed"),
                lambda q: q.total("reactive_tickets_created") / q.n / q.average("endpoints_managed")),
    SmartNumber("rhem", 4, ("reactive_time_spent", "endpoints_managed"),
                lambda q: q.total("reactive_time_spent") / q.average("endpoints_managed") / q.n),
    SmartNumber("avg_resolution_time", 4, ("reactive_time_spent", "reactive_tickets_closed"),
                lambda q: q.total("reactive_time_spent") / q.total("reactive_tickets_closed")),
    SmartNumber("reactive_service_pct", 4, ("reactive_time_spent", "technical_employees"),
                lambda q: q.total("reactive_time_spent") / q.n / (q.average("technical_employees") * q.hours_a_month)),
    SmartNumber("net_profit_pct", 4, ("net_profit", "total_revenue"),
                lambda q: q.total("net_profit") / q.total("total_revenue")),
    SmartNumber("revenue_from_services_pct", 4, ("nrr", "mrr", "total_revenue"),
                lambda q: q.total("nrr", "mrr") / q.total("total_revenue")),
    SmartNumber("services_from_mrr_pct", 4, ("nrr", "mrr"), lambda q: q.total("mrr") / q.total("nrr", "mrr")),
    SmartNumber("annual_service_rev_per_employee", 2, ("nrr", "mrr", "employees"),
                lambda q: q.total("nrr", "mrr") / q.average("employees") * 12 / q.n),
    SmartNumber("annual_service_rev_per_tech", 2, ("nrr", "mrr", "technical_employees"),
                lambda q: q.total("nrr", "mrr") / q.average("technical_employees") * 12 / q.n),
    SmartNumber("avg_aisp", 2, ("mrr", "seats_managed"), lambda q: q.total("mrr") / q.average("seats_managed") / q.n),
    SmartNumber("avg_mrr_per_agreement", 2, ("mrr", "agreements"),
                lambda q: q.total("mrr") / q.average("agreements") / q.n),
    SmartNumber("new_mrr_added", 2, ("new_mrr",), lambda q: q.total("new_mrr")),
    SmartNumber("lost_mrr", 2, ("lost_mrr",), lambda q: q.total("lost_mrr")),
    SmartNumber("net_mrr_gain", 2, ("new_mrr", "lost_mrr"), lambda q: q.total("new_mrr") - q.total("lost_mrr")),
    SmartNumber("dials_per_appointment", 2, ("telemarketing_dials", "first_time_appointments"),
                lambda q: q.total("telemarketing_dials") / q.total("first_time_appointments")),
    SmartNumber("sales_call_close_pct", 4, ("new_agreements", "first_time_appointments"),
                lambda q: q.total("new_agreements") / q.total("first_time_appointments")),
)  # fmt: skip


def smartnumbers(world: World, now: datetime) -> dict[str, dict[str, Decimal | None]]:
    """The SmartNumbers of every quarter whose three months are all over."""
    monthly = monthly_inputs(world, now)
    quarters: dict[str, list[Figures]] = {}
    for period in complete_months(world, now):
        quarters.setdefault(quarter_of(period), []).append(monthly[period])
    return {
        quarter: smartnumbers_of(months, world.working_hours_per_month)
        for quarter, months in quarters.items()
        if len(months) == MONTHS_IN_QUARTER
    }


def smartnumbers_of(months: Sequence[Figures], hours_a_month: int) -> dict[str, Decimal | None]:
    """The SmartNumbers of a quarter's months; None where no month has all inputs, or the divisor is 0."""
    values: dict[str, Decimal | None] = {}
    for number in SMARTNUMBERS:
        quarter = Quarter(months, number.inputs, hours_a_month)
        values[number.key] = None
        if quarter.n:
            try:
                exact = number.formula(quarter)
            except ZeroDivisionError:
                continue
            values[number.key] = half_even(exact, number.scale)
    return values


def half_even(exact: Fraction, scale: int) -> Decimal:
    """The exact fraction at a number of decimals; a tie goes to the even digit (Python's own rule for fractions)."""
    return Decimal(round(exact * 10**scale)).scaleb(-scale)
