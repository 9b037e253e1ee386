"""Figures per seat and per endpoint, and how far those of the service desk can be trusted, by month and client.

The whole business is ``all``; a ticket or an hour of no company belongs to ``unassigned``.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.truth.desk import ALL, entries, lives, rounded, share
from sandbox.truth.money import Figures, metric_of
from sandbox.truth.monthly import client_inputs, monthly_inputs
from sandbox.truth.months import complete_months, month_of, quarter_of
from sandbox.truth.operations import UNASSIGNED
from sandbox.world.entities import World

TICKETS = ("ServiceTicket", "ProjectTicket")
RATIOS = (
    ("tickets_per_seat", "reactive_tickets_created", "seats_managed", 2),
    ("hours_per_seat", "reactive_time_spent", "seats_managed", 4),
    ("hours_per_endpoint", "reactive_time_spent", "endpoints_managed", 4),
    ("mrr_per_seat", "mrr", "seats_managed", 2),
)


def per_seat(world: World, now: datetime) -> dict[str, dict[str, Figures]]:
    """The ratios of each client and of the whole business, by month; None where a part is missing or is no divisor."""
    return {
        period: {
            key: {name: _ratio(row[above], row[below], scale) for name, above, below, scale in RATIOS}
            for key, row in parts.items()
        }
        for period, parts in _parts(world, now).items()
    }


def quarters_per_seat(world: World, now: datetime) -> dict[str, dict[str, Figures]]:
    """The same by quarter: what its months have above, by what they have below, over the months that know both."""
    quarters: dict[str, dict[str, list[Figures]]] = defaultdict(lambda: defaultdict(list))
    for period, parts in _parts(world, now).items():
        for key, row in parts.items():
            quarters[quarter_of(period)][key].append(row)
    return {
        quarter: {
            key: {name: _whole(months, above, below, scale) for name, above, below, scale in RATIOS}
            for key, months in clients.items()
        }
        for quarter, clients in quarters.items()
    }


def _whole(months: Sequence[Figures], above: str, below: str, scale: int) -> Decimal | None:
    known = [(month[above], month[below]) for month in months]
    whole = [(part, by) for part, by in known if part is not None and by is not None]
    return _ratio(sum((one for one, _ in whole), Decimal(0)), sum((by for _, by in whole), Decimal(0)), scale)


def _parts(world: World, now: datetime) -> dict[str, dict[str, Figures]]:
    """What is divided by what, of each client and of the whole business, by month."""
    revenue = recurring_revenue(world, now)
    billed = {customer.client_key for customer in world.qbo_customers if customer.created_at <= now}
    whole, clients = monthly_inputs(world, now), client_inputs(world, now)
    found: dict[str, dict[str, Figures]] = {}
    for period, figures in whole.items():
        found[period] = {ALL: figures}
        for key, own in clients[period].items():
            mrr = revenue.get((period, key), Decimal(0)) if key in billed else None
            found[period][key] = {**own, "mrr": mrr}
    return found


def _ratio(above: Decimal | None, below: Decimal | None, scale: int) -> Decimal | None:
    return rounded(above / below, scale) if above is not None and below else None


def recurring_revenue(
    world: World, now: datetime, metrics: tuple[str, ...] = ("mrr",)
) -> dict[tuple[str, str], Decimal]:
    """What is posted for each client's customers on the accounts of monthly recurring revenue, by month."""
    clients = {customer.id: customer.client_key for customer in world.qbo_customers}
    buyers = {("Invoice", one.id): one.customer_id for one in world.qbo_invoices}
    buyers |= {("CreditMemo", one.id): one.customer_id for one in world.qbo_credit_memos}
    buyers |= {(one.kind, one.id): one.customer_id for one in world.receipts}
    recurring = {account.id for account in world.accounts if metric_of(account, world.account_rules) in metrics}
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for posting in world.postings:
        stands = posting.recorded_at <= now and (posting.removed_at is None or posting.removed_at > now)
        if stands and posting.account_id in recurring:
            key = clients.get(buyers.get((posting.document_kind, posting.document_id), ""))
            sums[f"{posting.transaction_date:%Y-%m}", key or UNASSIGNED] -= posting.amount
    return dict(sums)


def readiness(world: World, now: datetime) -> dict[tuple[str, str], dict[str, Any]]:
    """What is typed, timed and mapped of each month, by month and client with tickets or time."""
    zone = ZoneInfo(world.time_zone)
    mapped = {board.name for board in world.boards if board.is_project or board.name == world.service_board}
    typed: dict[tuple[str, str], list[bool]] = defaultdict(list)
    boards: dict[tuple[str, str], set[str]] = defaultdict(set)
    hours: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    known = lives(world, now)
    for life in known.values():
        for scope in (life.client, ALL):
            where = month_of(life.ticket.entered_at, zone), scope
            boards[where].add(life.board)
            if life.is_reactive:
                typed[where].append(life.ticket.type_name is not None)
    for entry in entries(world, now):
        on = known.get(entry.charge_to_id) if entry.charge_to_type == "ServiceTicket" else None
        spent = [state.hours for state in entry.history if state.at <= now][-1]
        for scope in (on.client if on else entry.client_key or UNASSIGNED, ALL):
            sums = hours[month_of(entry.entered_at, zone), scope]
            sums[0] += spent
            sums[1] += spent if entry.charge_to_type in TICKETS else 0
    months = set(complete_months(world, now))
    found = {}
    for where in typed.keys() | boards.keys() | hours.keys():
        shares = [
            _exact(sum(typed[where]), len(typed[where])),
            _exact(hours[where][1], hours[where][0]),
            _exact(len(boards[where] & mapped), len(boards[where])),
        ]
        complete = [one for one in shares if one is not None]
        found[where] = {
            "tickets_typed_pct": share(sum(typed[where]), len(typed[where])),
            "time_on_tickets_pct": share(hours[where][1], hours[where][0]),
            "boards_mapped_pct": share(len(boards[where] & mapped), len(boards[where])),
            "data_readiness_score": rounded(sum(complete, Decimal(0)) / 3, 4) if len(complete) == 3 else None,
        }
    return {where: figures for where, figures in found.items() if where[0] in months}


def _exact(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    return Decimal(part) / Decimal(whole) if whole else None
