"""The SmartNumbers of a quarter in plain Python, written from their definitions and not from the models."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

Months = Sequence[Mapping[str, Decimal | None]]
"""The complete months of a quarter, each with the values that are known."""

HOURS = Fraction(167)


class Quarter:
    """Sums and averages of one SmartNumber's inputs over the months that hold all of them."""

    def __init__(self, months: Months, inputs: Sequence[str]) -> None:
        self.months = [month for month in months if all(month.get(name) is not None for name in inputs)]
        self.n = len(self.months)

    def total(self, *names: str) -> Fraction:
        return sum((Fraction(month[name] or 0) for month in self.months for name in names), Fraction(0))

    def mean(self, name: str) -> Fraction:
        return self.total(name) / self.n


FORMULAS: dict[str, tuple[int, tuple[str, ...], Callable[[Quarter], Fraction]]] = {
    "tickets_per_tech_per_month": (
        2,
        ("reactive_tickets_closed", "technical_employees"),
        lambda q: q.total("reactive_tickets_closed") / q.mean("technical_employees") / q.n,
    ),
    "total_close_pct": (
        4,
        ("reactive_tickets_closed", "reactive_tickets_created"),
        lambda q: q.total("reactive_tickets_closed") / q.total("reactive_tickets_created"),
    ),
    "tickets_per_endpoint_per_month": (
        4,
        ("reactive_tickets_created", "endpoints_managed"),
        lambda q: q.total("reactive_tickets_created") / q.n / q.mean("endpoints_managed"),
    ),
    "rhem": (
        4,
        ("reactive_time_spent", "endpoints_managed"),
        lambda q: q.total("reactive_time_spent") / q.mean("endpoints_managed") / q.n,
    ),
    "avg_resolution_time": (
        4,
        ("reactive_time_spent", "reactive_tickets_closed"),
        lambda q: q.total("reactive_time_spent") / q.total("reactive_tickets_closed"),
    ),
    "reactive_service_pct": (
        4,
        ("reactive_time_spent", "technical_employees"),
        lambda q: (q.total("reactive_time_spent") / q.n) / (q.mean("technical_employees") * HOURS),
    ),
    "net_profit_pct": (
        4,
        ("net_profit", "total_revenue"),
        lambda q: q.total("net_profit") / q.total("total_revenue"),
    ),
    "revenue_from_services_pct": (
        4,
        ("nrr", "mrr", "total_revenue"),
        lambda q: q.total("nrr", "mrr") / q.total("total_revenue"),
    ),
    "services_from_mrr_pct": (4, ("nrr", "mrr"), lambda q: q.total("mrr") / q.total("nrr", "mrr")),
    "annual_service_rev_per_employee": (
        2,
        ("nrr", "mrr", "employees"),
        lambda q: q.total("nrr", "mrr") / q.mean("employees") * 12 / q.n,
    ),
    "annual_service_rev_per_tech": (
        2,
        ("nrr", "mrr", "technical_employees"),
        lambda q: q.total("nrr", "mrr") / q.mean("technical_employees") * 12 / q.n,
    ),
    "avg_aisp": (2, ("mrr", "seats_managed"), lambda q: q.total("mrr") / q.mean("seats_managed") / q.n),
    "avg_mrr_per_agreement": (2, ("mrr", "agreements"), lambda q: q.total("mrr") / q.mean("agreements") / q.n),
    "new_mrr_added": (2, ("new_mrr",), lambda q: q.total("new_mrr")),
    "lost_mrr": (2, ("lost_mrr",), lambda q: q.total("lost_mrr")),
    "net_mrr_gain": (2, ("new_mrr", "lost_mrr"), lambda q: q.total("new_mrr") - q.total("lost_mrr")),
    "dials_per_appointment": (
        2,
        ("telemarketing_dials", "first_time_appointments"),
        lambda q: q.total("telemarketing_dials") / q.total("first_time_appointments"),
    ),
    "sales_call_close_pct": (
        4,
        ("new_agreements", "first_time_appointments"),
        lambda q: q.total("new_agreements") / q.total("first_time_appointments"),
    ),
    "annual_service_rev_per_employee_incl_orr": (
        2,
        ("nrr", "mrr", "orr", "employees"),
        lambda q: q.total("nrr", "mrr", "orr") / q.mean("employees") * 12 / q.n,
    ),
    "annual_service_rev_per_tech_incl_orr": (
        2,
        ("nrr", "mrr", "orr", "technical_employees"),
        lambda q: q.total("nrr", "mrr", "orr") / q.mean("technical_employees") * 12 / q.n,
    ),
    "revenue_from_services_incl_orr_pct": (
        4,
        ("nrr", "mrr", "orr", "total_revenue"),
        lambda q: q.total("nrr", "mrr", "orr") / q.total("total_revenue"),
    ),
    "revenue_per_endpoint": (
        2,
        ("total_revenue", "endpoints_managed"),
        lambda q: q.total("total_revenue") / q.n / q.mean("endpoints_managed"),
    ),
}
INPUTS = sorted({name for _, names, _ in FORMULAS.values() for name in names})


def smartnumber(metric: str, months: Months) -> tuple[Decimal | None, int]:
    """Its value, rounded once, half to even, and the months it rests on."""
    scale, inputs, formula = FORMULAS[metric]
    quarter = Quarter(months, inputs)
    if quarter.n == 0:
        return None, 0
    try:
        return rounded(formula(quarter), scale), quarter.n
    except ZeroDivisionError:
        return None, quarter.n


def aggregate(kind: str, values: Sequence[Decimal | None]) -> Decimal | None:
    """A monthly metric over the months of a quarter that have a value."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    if kind == "last":
        return known[-1]
    total = sum((Fraction(value) for value in known), Fraction(0))
    return (
        rounded(total / len(known), 4) if kind == "average" else Decimal(total.numerator) / Decimal(total.denominator)
    )


def rounded(value: Fraction, scale: int) -> Decimal:
    return Decimal(round(value * 10**scale)).scaleb(-scale)
