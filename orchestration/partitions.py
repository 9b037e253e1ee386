"""How work is cut: by organization, and within one by month or quarter, and by client and quarter.

Keys are what people write: ``2026-06`` for a month. A quarter's key is its first month, because Dagster keeps its
time windows as dates; ``quarter_of`` gives it its name back. A client's decks of a quarter have one key,
``demo-msp/2026-Q2/corvane-legal``, which is added when there is something to draw and never taken away.
"""

import dagster as dg

from warehouse.organizations import Organization, load_organizations
from warehouse.periods import Period, Quarter
from warehouse.settings import get_settings

ORGANIZATION, MONTH, QUARTER = "organization", "month", "quarter"
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
QUARTERLY = "0 0 1 1,4,7,10 *"
FIRST_ZONE_OF_THE_DAY = "Pacific/Kiritimati"  # a month's key exists as soon as the month has begun anywhere


def configured() -> list[Organization]:
    """The organizations that have a file in the config folder when the code is loaded."""
    return list(load_organizations(get_settings().config_dir))


def first_month(found: list[Organization]) -> str:
    """The earliest month that any organization's history reaches back to."""
    return min((one.settings.history_start for one in found), default="2024-01")


def first_quarter(found: list[Organization]) -> str:
    """The first month of the quarter in which the earliest history starts."""
    return str(Period.parse(first_month(found)).quarter.periods[0])


_FOUND = configured()
organizations = dg.StaticPartitionsDefinition([one.id for one in _FOUND])
months = dg.MonthlyPartitionsDefinition(
    start_date=first_month(_FOUND), fmt="%Y-%m", timezone=FIRST_ZONE_OF_THE_DAY, end_offset=1
)
quarters = dg.TimeWindowPartitionsDefinition(
    start=first_quarter(_FOUND),
    fmt="%Y-%m",
    cron_schedule=QUARTERLY,
    timezone=FIRST_ZONE_OF_THE_DAY,
    end_offset=1,
)
organization_months = dg.MultiPartitionsDefinition({ORGANIZATION: organizations, MONTH: months})
organization_quarters = dg.MultiPartitionsDefinition({ORGANIZATION: organizations, QUARTER: quarters})
CLIENT_DECKS = "client_decks"
client_decks = dg.DynamicPartitionsDefinition(name=CLIENT_DECKS)


def month_key(organization_id: str, period: Period) -> dg.MultiPartitionKey:
    """The partition of one organization's month."""
    return dg.MultiPartitionKey({ORGANIZATION: organization_id, MONTH: str(period)})


def quarter_key(organization_id: str, quarter: Quarter) -> dg.MultiPartitionKey:
    """The partition of one organization's quarter."""
    return dg.MultiPartitionKey({ORGANIZATION: organization_id, QUARTER: str(quarter.periods[0])})


def client_key(organization_id: str, quarter: Quarter, client_id: str) -> str:
    """The partition of one client's decks of a quarter."""
    return f"{organization_id}/{quarter}/{client_id}"


def client_of(key: str) -> tuple[str, Quarter, str]:
    """Organization, quarter and client of such a key."""
    organization_id, quarter, client_id = key.split("/")
    return organization_id, Quarter.parse(quarter), client_id


def organization_of(key: str) -> str:
    """The organization of a partition key of any kind."""
    return key.keys_by_dimension[ORGANIZATION] if isinstance(key, dg.MultiPartitionKey) else key.partition("/")[0]


def keys_between(first: str, last: str, instance: dg.DagsterInstance) -> list[str]:
    """The keys that a range names by its ends, as Dagster cuts it; none where it is no range of ours any more.

    Clients' keys stand in the order they were added in: between two of one organization can be another's.
    """
    with dg.partition_loading_context(dynamic_partitions_store=instance):
        for definition in (client_decks, organizations, organization_months, organization_quarters):
            known = definition.get_partition_keys()
            if first in known and last in known:
                return list(definition.get_partition_keys_in_range(dg.PartitionKeyRange(first, last)))
    return []


def month_of(key: dg.MultiPartitionKey) -> Period:
    """The month of an organization-and-month key."""
    return Period.parse(key.keys_by_dimension[MONTH])


def quarter_of(key: dg.MultiPartitionKey) -> Quarter:
    """The quarter of an organization-and-quarter key."""
    return Period.parse(key.keys_by_dimension[QUARTER]).quarter
