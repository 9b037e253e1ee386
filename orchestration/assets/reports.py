"""Decks and alerts: what people receive."""

import os
from base64 import b64encode

import dagster as dg

from orchestration import partitions
from orchestration.assets.models import shown_by
from orchestration.progress import Quiet
from orchestration.quarter_decks import QuarterDecks, build_quarter
from orchestration.selection import one_organization, run_instant
from reports.alerts import AlertSummary, DeliverySummary, deliver, evaluate
from reports.decks import DeckBlocked
from reports.paper.pictures import preview
from warehouse.engine import connect
from warehouse.settings import get_settings, now

OWNERS = ["team:account-management"]


@dg.asset(
    key=["reports", "decks"],
    deps=sorted(
        {
            mart
            for deck in ("company_deck", "client_decks", "customer_reviews", "investor_pack")
            for mart in shown_by(deck)
        }
    ),
    partitions_def=partitions.organization_quarters,
    group_name="reports",
    kinds={"powerpoint"},
    owners=OWNERS,
    description=(
        "The company's quarterly review, one deck a client, a dealer's customer reviews, the investor pack. Not "
        "rendered while a blocking check fails."
    ),
)
def decks(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Render every deck of one organization's quarter."""
    key = context.partition_key
    assert isinstance(key, dg.MultiPartitionKey)  # noqa: S101  the partitions above are made of two parts
    organization = one_organization(partitions.organization_of(key))
    quarter = partitions.quarter_of(key)
    try:
        done = build_quarter(organization, str(quarter), progress=Quiet())
    except DeckBlocked as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    if done.failed:
        context.log_event(dg.AssetObservation(decks.key, partition=key, metadata=metadata_of(done)))
        built = f"{len(done.built)} decks were built and stand at their places"
        raise dg.Failure(description=f"{' '.join(done.failed)} {built}.", allow_retries=False)
    return dg.MaterializeResult(metadata=metadata_of(done))


@dg.asset(
    key=["reports", "alerts"],
    deps=shown_by("alerts"),
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
        connection.commit()
        deliveries = deliver(connection, get_settings(), now(), organization_id=organization.id)
    return dg.MaterializeResult(metadata=metadata_of_alerts(summary, deliveries))


def metadata_of(done: QuarterDecks) -> dict[str, dg.MetadataValue]:
    """Where the decks lie: the folder to open, a link to each file, and the first slide of the first as a picture."""
    without = {
        "clients without a deck": dg.MetadataValue.int(len(done.left_out)),
        **({"why": dg.MetadataValue.md("\n".join(f"- {one}" for one in done.left_out))} if done.left_out else {}),
    }
    if not done.built:
        return {"decks": dg.MetadataValue.int(0), **without}
    links = "\n".join(f"- [{deck.path.name}]({deck.path.as_uri()})" for deck in done.built)
    shown = done.built[0].path.with_suffix(".pdf")
    picture = f"![{shown.stem}](data:image/png;base64,{b64encode(preview(shown)).decode()})" if shown.is_file() else ""
    return {
        "decks": dg.MetadataValue.int(len(done.built)),
        "unchanged": dg.MetadataValue.int(done.unchanged),
        **without,
        "folder": dg.MetadataValue.path(os.path.commonpath([deck.path.parent for deck in done.built])),
        "files": dg.MetadataValue.md(links),
        "PDFs": dg.MetadataValue.text(done.companions.why_no_pdf or f"{len(done.companions.pdfs)} printed"),
        **({"first slide": dg.MetadataValue.md(picture)} if picture else {}),
    }


def metadata_of_alerts(summary: AlertSummary, deliveries: DeliverySummary) -> dict[str, dg.MetadataValue]:
    """What changed, and what was sent."""
    return {
        "opened": dg.MetadataValue.int(len(summary.opened)),
        "still open": dg.MetadataValue.int(len(summary.still_open)),
        "resolved": dg.MetadataValue.int(len(summary.resolved)),
        "opened alerts": dg.MetadataValue.md("\n".join(f"- {one.message}" for one in summary.opened) or "none"),
        "delivered": dg.MetadataValue.text(str(deliveries)),
    }
