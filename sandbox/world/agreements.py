"""The PSA's agreements: renewals, cancellations, back-dated entries, types that are not managed services.

Several begin or end exactly at a month's end, because that is where a count "on the month's last day" goes wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sandbox.world.calendar import at, first_day, last_day, months, office_instant, period_of
from sandbox.world.chart import PRODUCTS
from sandbox.world.contracts import SECURITY_MONTHS, VOICE_ENDS, Contracts, counted_at, price_cents
from sandbox.world.draws import draws, from_cents
from sandbox.world.parties import Client
from sandbox.world.roster import PROFILES, Profile
from sandbox.world.service import Addition, AdditionState, Agreement, AgreementType

AGREEMENT_TYPES = (
    AgreementType(11, "Managed Services", True),
    AgreementType(12, "Managed Security", True),
    AgreementType(13, "Cloud Subscription", False),
    AgreementType(14, "Server Backup", False),
    AgreementType(15, "Block Time", False),
)
MANAGED_TYPES = tuple(kind.name for kind in AGREEMENT_TYPES if kind.is_managed)
TYPE_ID = {kind.name: kind.id for kind in AGREEMENT_TYPES}
RENEWALS = {"brambleford": date(2025, 7, 1), "hobbleton": date(2025, 9, 18)}
CANCELLED_AND_RENEWED = "hobbleton"
BACKDATED_BY = {"larkmoor": timedelta(days=41)}


@dataclass(frozen=True)
class Term:
    """An agreement before it has an id, and the products billed under it."""

    client: Client
    type_name: str
    start: date
    products: tuple[str, ...]
    end: date | None = None
    cancelled: date | None = None
    reason: str | None = None
    backdated: timedelta | None = None


def make_agreements(
    seed: int, clients: tuple[Client, ...], contracts: Contracts
) -> tuple[tuple[Agreement, ...], tuple[Addition, ...]]:
    """Agreements of every client the PSA knows, and their additions."""
    draw = draws(seed, "agreements")
    profiles = {profile.key: profile for profile in PROFILES}
    terms = [
        term
        for client in clients
        if client.kind == "client" and client.connectwise is not None
        for term in _terms(client, profiles[client.key])
    ]
    dated = [(office_instant(draw, term.start + (term.backdated or -timedelta(days=6))), term) for term in terms]
    agreements: list[Agreement] = []
    additions: list[Addition] = []
    for index, (created, term) in enumerate(sorted(dated, key=lambda pair: pair[0])):
        agreement = _agreement(301 + 3 * index, created, term)
        agreements.append(agreement)
        additions += _additions(agreement, term, contracts)
    numbered = [replace(addition, id=2101 + index) for index, addition in enumerate(additions)]
    return tuple(agreements), tuple(numbered)


def _terms(client: Client, profile: Profile) -> Iterator[Term]:
    if profile.tier == "none":
        for year in (2023, 2024, 2025):
            yield Term(client, "Block Time", date(year, 9, 1), (), end=date(year + 1, 8, 31))
        yield Term(client, "Cloud Subscription", client.won_on, ("licenses",))
        return
    base = (profile.tier, "server")
    renewal = RENEWALS.get(client.key)
    if renewal is None:
        yield Term(client, "Managed Services", client.won_on, base)
    elif client.key == CANCELLED_AND_RENEWED:
        yield Term(client, "Managed Services", client.won_on, base, cancelled=renewal, reason="Replaced by new terms")
        yield Term(client, "Managed Services", renewal, base)
    else:
        yield Term(client, "Managed Services", client.won_on, base, end=renewal - timedelta(days=1))
        yield Term(client, "Managed Services", renewal, base)
    if profile.has_security:
        yield _security(client)
    yield Term(client, "Cloud Subscription", client.won_on, ("licenses", "voice"))
    if profile.servers:
        yield Term(client, "Server Backup", client.won_on, ("backup",))
    if client.key == "osterquay":
        yield Term(client, "Managed Security", date(2026, 8, 1), ("security",), backdated=-timedelta(days=30))


def _security(client: Client) -> Term:
    first, last = SECURITY_MONTHS.get(client.key, ("", "9999-12"))
    start = max(client.won_on, first_day(first)) if first else client.won_on
    if client.key == "tarnwick":
        start -= timedelta(days=1)  # signed for the last day of the month before it is first billed
    end = last_day(last) if last < "2099" else None
    return Term(client, "Managed Security", start, ("security",), end=end, backdated=BACKDATED_BY.get(client.key))


def _agreement(identity: int, created: datetime, term: Term) -> Agreement:
    client = term.client
    cancelled, reason, recorded = term.cancelled, term.reason, None
    if client.lost_on is not None and term.end is None:
        cancelled, reason, recorded = client.lost_on, "Client left", client.lost_recorded_at
    elif cancelled is not None:
        recorded = at(cancelled - timedelta(days=1), 16, 45)
    elif term.end is not None:
        recorded = at(term.end - timedelta(days=12), 10, 15)
    tier = next(profile.tier for profile in PROFILES if profile.key == client.key)
    flat = tier == "regulated" and term.type_name == "Managed Services"
    return Agreement(
        id=identity,
        client_key=client.key,
        name=f"{term.type_name} - {client.name}",
        type_id=TYPE_ID[term.type_name],
        start_date=term.start,
        end_date=term.end,
        cancelled_date=cancelled,
        reason_cancelled=reason,
        ended_recorded_at=recorded,
        bill_amount=from_cents(price_cents("stewardship", months()[0])) if flat else Decimal(0),
        created_at=created,
        changed_at=(created + timedelta(days=2, hours=3),),
    )


def _additions(agreement: Agreement, term: Term, contracts: Contracts) -> Iterator[Addition]:
    """One addition per product and unit price: a price rise cancels the old one and begins another."""
    ends = agreement.cancelled_date or agreement.end_date
    for product in term.products:
        runs: dict[int, list[AdditionState]] = {}
        for period in months():
            if period < period_of(agreement.start_date) or (ends and first_day(period) > ends):
                continue
            line = contracts.quantity(agreement.client_key, period, product)
            if line is None:
                continue
            states = runs.setdefault(line.unit_cents, [])
            quantity = Decimal(line.quantity)
            if not states or states[-1].quantity != quantity:
                settled = max(counted_at(term.client, period), agreement.created_at)
                states.append(AdditionState(settled, quantity))
        prices = list(runs)
        for index, unit_cents in enumerate(prices):
            states = runs[unit_cents]
            follower = runs[prices[index + 1]][0].at if index + 1 < len(prices) else None
            yield _addition(agreement, product, unit_cents, states, follower)


def _addition(
    agreement: Agreement, product: str, unit_cents: int, states: list[AdditionState], follower: datetime | None
) -> Addition:
    ended = VOICE_ENDS.get(agreement.client_key) if product == "voice" else None
    cancelled, recorded = None, None
    if follower is not None:
        cancelled, recorded = follower.date(), follower
    elif ended is not None:
        cancelled, recorded = last_day(ended), at(last_day(ended), 9, 20)
    elif agreement.ended_recorded_at is not None:
        cancelled, recorded = agreement.cancelled_date or agreement.end_date, agreement.ended_recorded_at
    return Addition(
        id=0,
        agreement_id=agreement.id,
        product=product,
        description=PRODUCTS[product].name,
        unit_price=from_cents(unit_cents),
        unit_cost=from_cents(PRODUCTS[product].unit_cost_cents),
        effective_date=max(states[0].at.date(), agreement.start_date),
        cancelled_date=cancelled,
        cancelled_recorded_at=recorded,
        created_at=states[0].at,
        history=tuple(states),
    )
