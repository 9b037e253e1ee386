"""Alerts: what people are told when something is wrong."""

import dagster as dg

from orchestration import partitions, turns
from orchestration.assets.models import shown_by
from orchestration.progress import Logged
from orchestration.selection import one_organization, run_instant
from reports.alerts import AlertSummary, DeliverySummary, deliver, evaluate
from warehouse.engine import connect
from warehouse.settings import get_settings, now

OWNERS = ["team:account-management"]


@dg.asset(
    key=["reports", "alerts"],
    deps=shown_by("alerts"),
    partitions_def=partitions.organizations,
    group_name="reports",
    kinds={"email", "slack", "webhook"},
    owners=OWNERS,
    description="One open alert per rule and scope, resolved when it no longer holds, delivered through the outbox.",
)
def alerts(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Judge the rules and send what is new."""
    organization = one_organization(context.partition_key)
    with turns.reading(Logged(context.log)), connect() as connection:
        summary = evaluate(connection, organization.id, run_instant([organization]))
        turns.make_sure()
    with connect() as connection:
        deliveries = deliver(connection, get_settings(), now(), organization_id=organization.id)
    return dg.MaterializeResult(metadata=metadata_of_alerts(summary, deliveries))


def metadata_of_alerts(summary: AlertSummary, deliveries: DeliverySummary) -> dict[str, dg.MetadataValue]:
    """What changed, and what was sent."""
    return {
        "opened": dg.MetadataValue.int(len(summary.opened)),
        "still open": dg.MetadataValue.int(len(summary.still_open)),
        "resolved": dg.MetadataValue.int(len(summary.resolved)),
        "opened alerts": dg.MetadataValue.md("\n".join(f"- {one.message}" for one in summary.opened) or "none"),
        "delivered": dg.MetadataValue.text(str(deliveries)),
    }
