"""Decks and alerts: what people receive."""

from pathlib import Path

import dagster as dg

from orchestration import partitions
from orchestration.selection import one_organization, run_instant
from reports.alerts import deliver, evaluate
from reports.decks import DeckBlocked, build_decks
from warehouse.engine import connect
from warehouse.settings import get_settings

MARTS_SHOWN = [
    dg.AssetKey(["fct_smartnumbers"]),
    dg.AssetKey(["fct_metrics_monthly"]),
    dg.AssetKey(["fct_profit_and_loss"]),
    dg.AssetKey(["fct_device_months"]),
    dg.AssetKey(["fct_agreements"]),
    dg.AssetKey(["fct_source_freshness"]),
    dg.AssetKey(["dim_clients"]),
]
OWNERS = ["team:account-management"]


@dg.asset(
    key=["reports", "decks"],
    deps=MARTS_SHOWN,
    partitions_def=partitions.organization_quarters,
    group_name="reports",
    kinds={"powerpoint"},
    owners=OWNERS,
    description="The company's quarterly review and one deck a client. Not rendered while a blocking check fails.",
)
def decks(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Render every deck of one organization's quarter."""
    key = context.partition_key
    assert isinstance(key, dg.MultiPartitionKey)  # noqa: S101  the partitions above are made of two parts
    organization = one_organization(partitions.organization_of(key))
    quarter = partitions.quarter_of(key)
    with connect() as connection:
        try:
            built = build_decks(connection, organization.id, str(quarter), get_settings().var_dir / "reports")
        except DeckBlocked as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
    return dg.MaterializeResult(metadata={"decks": len(built), "files": links([deck.path for deck in built])})


@dg.asset(
    key=["reports", "alerts"],
    deps=[*MARTS_SHOWN, dg.AssetKey(["fct_missing_inputs"])],
    partitions_def=partitions.organizations,
    group_name="reports",
    kinds={"email", "slack"},
    owners=OWNERS,
    description="One open alert per rule and scope, resolved when it no longer holds, delivered through the outbox.",
)
def alerts(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Judge the rules and send what is new."""
    organization = one_organization(context.partition_key)
    with connect() as connection:
        summary = evaluate(connection, organization.id, run_instant([organization]))
        deliveries = deliver(connection, get_settings(), organization.id)
    return dg.MaterializeResult(metadata={"alerts": str(summary), "deliveries": str(deliveries)})


def links(paths: list[Path]) -> dg.MetadataValue:
    """The files as a list that Dagster's page links to."""
    return dg.MetadataValue.md("\n".join(f"- [{path.name}]({path.as_uri()})" for path in paths))
