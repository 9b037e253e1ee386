"""What a person types in each month: head counts, the owner's pay, sales activity, new and lost business, cash."""

from collections.abc import Iterator
from decimal import Decimal

from sandbox.world.agreements import RENEWALS, TYPE_ID
from sandbox.world.books import Posting
from sandbox.world.calendar import DEFAULT_NOW, last_day, months, period_of
from sandbox.world.contracts import Contracts
from sandbox.world.draws import draws, from_cents
from sandbox.world.journals import owner_pay
from sandbox.world.parties import ManualFigure, Staff
from sandbox.world.postings import bank_balance
from sandbox.world.service import Agreement

# Nobody telephoned while the position was open: a quarter of zeros, by which nothing can be divided.
SILENT_QUARTER = ("2024-10", "2024-11", "2024-12")
# And in one month nobody wrote the dials down: that figure is missing, not zero.
FORGOTTEN = (("2024-09", "telemarketing_dials"),)
MANAGED_TYPE_IDS = (TYPE_ID["Managed Services"], TYPE_ID["Managed Security"])


def make_manual_rows(
    seed: int, staff: tuple[Staff, ...], contracts: Contracts, agreements: tuple[Agreement, ...],
    postings: tuple[Posting, ...],
) -> tuple[ManualFigure, ...]:  # fmt: skip
    """The typed figures of every month that is over at the default clock."""
    sales = _sales_activity(seed)
    rows = []
    for period in months()[:-1]:
        wage, estimated_taxes = owner_pay(staff, period)
        employed = [person for person in staff if person.employed_on(last_day(period))]
        won, lost = _movement(contracts, period)
        values = {
            "employees": sum((person.fte for person in employed), Decimal(0)),
            "technical_employees": sum((person.fte for person in employed if person.is_technical), Decimal(0)),
            "owner_comp": wage,
            "owner_comp_taxes": estimated_taxes,
            **sales[period],
            "new_agreements": Decimal(_signed_in(agreements, period)),
            "new_mrr": won,
            "lost_mrr": lost,
            "cash_reserve": bank_balance(postings, last_day(period), DEFAULT_NOW),
        }
        for metric, value in values.items():
            if (period, metric) not in FORGOTTEN:
                rows.append(ManualFigure(period, metric, value, _note(metric, value)))
    return tuple(rows)


def _sales_activity(seed: int) -> dict[str, dict[str, Decimal]]:
    draw = draws(seed, "figures")
    activity = {}
    for period in months()[:-1]:
        silent = period in SILENT_QUARTER
        dials = 0 if silent else draw.randrange(70, 190)
        appointments = 0 if silent else draw.randrange(2, 6)
        reviews = min(appointments, draw.randrange(0, 3))
        activity[period] = {
            "telemarketing_dials": Decimal(dials),
            "first_time_appointments": Decimal(appointments),
            "prospects_to_pbr": Decimal(reviews),
        }
    return activity


def _movement(contracts: Contracts, period: str) -> tuple[Decimal, Decimal]:
    """Monthly recurring revenue gained and lost against the month before, client by client."""
    index = months().index(period)
    if index == 0:
        return Decimal(0), Decimal(0)
    before, family = months()[index - 1], "Managed Services"
    changes = [
        contracts.cents(client.key, period, family) - contracts.cents(client.key, before, family)
        for client in contracts.clients
    ]
    gained, lost = sum(change for change in changes if change > 0), -sum(change for change in changes if change < 0)
    return from_cents(gained), from_cents(lost)


def _signed_in(agreements: tuple[Agreement, ...], period: str) -> int:
    """Managed agreements that began in the month, other than renewals."""
    return sum(
        period_of(agreement.start_date) == period
        for agreement in agreements
        if agreement.type_id in MANAGED_TYPE_IDS and RENEWALS.get(agreement.client_key) != agreement.start_date
    )


def _note(metric: str, value: Decimal) -> str:
    if metric == "owner_comp_taxes" and value:
        return "quarterly estimated taxes"
    if metric == "telemarketing_dials" and not value:
        return "position open"
    return ""


def as_csv(rows: tuple[ManualFigure, ...]) -> Iterator[str]:
    """The lines of a file as `qbr import manual` takes it."""
    yield "period,metric,value,note"
    for row in rows:
        yield f"{row.period},{row.metric},{row.value},{row.note}"
