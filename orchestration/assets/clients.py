"""The step between records and models that decides which vendor records are the same client."""

import dagster as dg

from orchestration import partitions, pipeline
from orchestration.selection import one_organization
from warehouse.engine import connect

CLIENT_STREAMS = [
    dg.AssetKey(["ninjaone", "organizations"]),
    dg.AssetKey(["connectwise", "companies"]),
    dg.AssetKey(["stripe", "customers"]),
    dg.AssetKey(["quickbooks", "customers"]),
]


@dg.asset(
    key=["app", "client_links"],
    deps=CLIENT_STREAMS,
    partitions_def=partitions.organizations,
    group_name="app",
    kinds={"postgres"},
    owners=["team:account-management"],
    description="Which record of each vendor is which client: explicit mapping first, then the normalised name, else "
    "a client of its own. Ids are given once and never change.",
)
def client_links(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Mint and link clients from the vendors' own lists."""
    organization = one_organization(context.partition_key)
    pipeline.prepare([organization])
    pipeline.link_clients(organization)
    with connect() as connection:
        counts = connection.execute(
            "select count(*), count(*) filter (where match_method = 'own') from app.client_links "
            "where organization_id = %s",
            [organization.id],
        ).fetchone()
    assert counts is not None  # noqa: S101  an aggregate always answers with one row
    return dg.MaterializeResult(metadata={"dagster/row_count": counts[0], "unmatched": counts[1]})
