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
    dg.AssetKey(["opsdb", "customers"]),
    dg.AssetKey(["opsdb", "tenants"]),
]
CLIENTS, CLIENT_LINKS = dg.AssetKey(["app", "clients"]), dg.AssetKey(["app", "client_links"])


def _spec(key: dg.AssetKey, description: str, deps: list[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        deps=deps,
        group_name="app",
        kinds={"postgres"},
        owners=["team:account-management"],
        description=description,
    )


@dg.multi_asset(
    name="link_clients",
    specs=[
        _spec(
            CLIENTS, "One row per client, minted once: its id never changes and is never given again.", CLIENT_STREAMS
        ),
        _spec(
            CLIENT_LINKS,
            "Which record of each vendor is which client: explicit mapping first, then the normalised name, else a "
            "client of its own, unconfirmed.",
            [*CLIENT_STREAMS, CLIENTS],
        ),
    ],
    partitions_def=partitions.organizations,
    description="Mints clients and links every vendor's records to them, after extraction and before the models.",
)
def link_clients(context: dg.AssetExecutionContext) -> tuple[dg.MaterializeResult[None], ...]:
    """Mint and link clients from the vendors' own lists."""
    organization = one_organization(context.partition_key)
    pipeline.prepare([organization])
    pipeline.link_clients(organization)
    return tuple(
        dg.MaterializeResult(asset_key=key, metadata=metadata) for key, metadata in counts(organization.id).items()
    )


def counts(organization_id: str) -> dict[dg.AssetKey, dict[str, int]]:
    """How many clients and links an organization has, and how many a person has not confirmed yet."""
    with connect() as connection:
        row = connection.execute(
            """
            select
                (select count(*) from app.clients where organization_id = %(id)s),
                (select count(*) from app.clients where organization_id = %(id)s and not is_confirmed),
                (select count(*) from app.client_links where organization_id = %(id)s),
                (select count(*) from app.client_links where organization_id = %(id)s and match_method = 'own')
            """,
            {"id": organization_id},
        ).fetchone()
    assert row is not None  # noqa: S101  counts always answer with one row
    clients, unconfirmed, links, unmatched = row
    return {
        CLIENTS: {"dagster/row_count": clients, "unconfirmed": unconfirmed},
        CLIENT_LINKS: {"dagster/row_count": links, "unmatched": unmatched},
    }
