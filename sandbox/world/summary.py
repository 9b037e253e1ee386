"""What a world holds, as text for a person who writes an organization's configuration or looks for a trap."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from sandbox.world.calendar import ZONE, following, starts_at
from sandbox.world.entities import Client, World

REPORT_GROUPS = ("Income", "COGS", "Expenses", "OtherIncome", "OtherExpenses")


def summary(world: World) -> Iterator[str]:
    """The lines of the summary, as of the world's default clock."""
    yield f"{world.organization_name}, seed {world.seed}, as of {world.default_now:%Y-%m-%dT%H:%MZ}"
    yield ""
    yield "clients: NinjaOne | ConnectWise | Stripe | QuickBooks"
    yield from (_client(client) for client in world.clients)
    yield ""
    yield "names to map (source: name = client)"
    yield from (f"  {row.source}: {row.source_key} = {row.client_name}" for row in world.client_mapping)
    yield ""
    yield "account rules, in order (metric match pattern)"
    yield from (f"  {rule.metric} {rule.match_type} {rule.pattern}" for rule in world.account_rules)
    yield ""
    yield from _devices(world)
    yield ""
    yield from _months(world)


def _client(client: Client) -> str:
    presences = (client.ninjaone, client.connectwise, client.stripe, client.quickbooks)
    names = " | ".join(presence.name if presence else "-" for presence in presences)
    lost = f", lost {client.lost_on}" if client.lost_on else ""
    return f"  {client.name} ({client.kind}, since {client.won_on}{lost}): {names}"


def _devices(world: World) -> Iterator[str]:
    for period in (world.periods[0], world.periods[-2]):
        clock = starts_at(following(period)) - timedelta(seconds=1)
        counts = Counter(device.node_class for device in world.devices if device.listed_at(clock))
        yield f"devices at the end of {period}: {counts.total()}"
        yield from (f"  {node_class}: {count}" for node_class, count in sorted(counts.items()))


def _months(world: World) -> Iterator[str]:
    """Entered tickets and booked amounts of every month; profit before any mapping."""
    groups = {account.id: account.report_group for account in world.accounts}
    tickets = Counter(f"{ticket.entered_at.astimezone(ZONE):%Y-%m}" for ticket in world.tickets)
    sums: dict[tuple[str, str], Decimal] = {}
    for posting in world.postings:
        group = groups[posting.account_id]
        if group is not None and posting.stands_at(world.default_now):
            key = (f"{posting.transaction_date:%Y-%m}", group)
            sums[key] = sums.get(key, Decimal(0)) - posting.amount
    yield f"month: tickets on all boards | {' | '.join(REPORT_GROUPS)} | net"
    for period in world.periods:
        amounts = [sums.get((period, group), Decimal(0)) for group in REPORT_GROUPS]
        shown = " | ".join(f"{abs(amount):,.2f}" for amount in amounts)
        yield f"  {period}: {tickets[period]} | {shown} | {sum(amounts):,.2f}"
