"""What the jobs tell Dagster's assets: each stream, model, check and deck that a step has renewed.

The figures are those that the assets report of themselves when they are materialized one by one.
"""

from collections.abc import Sequence
from datetime import datetime

import dagster as dg

import extractors
from orchestration import asset_checks, partitions
from orchestration.assets import clients, decks, models, raw, reports
from orchestration.assets.deck_metadata import metadata_of
from orchestration.deck_contents import ORGANIZATION_ITSELF, by_client, version_of
from orchestration.extraction import StreamOutcome
from orchestration.pipeline import OrganizationReport
from orchestration.progress import Logged
from orchestration.selection import chosen_organizations
from orchestration.transformation import DbtResult
from warehouse.organizations import Organization
from warehouse.periods import Period, Quarter


def stream_read(
    context: dg.OpExecutionContext,
    organization: Organization,
    outcome: StreamOutcome,
    *,
    month: Period | None,
    as_of: datetime,
) -> None:
    """A stream was read completely; ``month`` is the one that was read again, None for what changed."""
    stream = extractors.stream(outcome.source, outcome.stream)
    partition = organization.id
    if stream.reads == "windowed":
        partition = partitions.month_key(organization.id, month or Period.containing(as_of, organization.time_zone))
    for key, metadata in raw.renewed(organization.id, outcome).items():
        context.log_event(dg.AssetMaterialization(key, partition=partition, metadata=metadata))
    stream_judged(context, organization, outcome)


def stream_judged(context: dg.OpExecutionContext, organization: Organization, outcome: StreamOutcome) -> None:
    """Whether the read has a certificate, on the stream's own check."""
    context.log_event(raw.certified(organization.id, outcome))  # type: ignore[arg-type]  # taken at run time


def clients_linked(context: dg.OpExecutionContext, organization: Organization) -> None:
    """The organization's clients were minted and linked."""
    for key, metadata in clients.counts(organization.id).items():
        context.log_event(dg.AssetMaterialization(key, partition=organization.id, metadata=metadata))


def models_built(context: dg.OpExecutionContext, built: Sequence[DbtResult]) -> None:
    """Models were built and their tests have run."""
    for key, metadata in models.materializations(built):
        context.log_event(dg.AssetMaterialization(key, metadata=metadata))
    for outcome in models.evaluations(built):
        context.log_event(outcome)  # type: ignore[arg-type]  # taken at run time; the annotation leaves it out


def suites_run(context: dg.OpExecutionContext) -> None:
    """The suites have run for one organization; their checks, and those of the newest month, speak for all."""
    for outcome in asset_checks.evaluations([one.id for one in chosen_organizations()]):
        context.log_event(outcome)  # type: ignore[arg-type]  # taken at run time; the annotation leaves it out
    for outcome in asset_checks.newest_month_evaluations(chosen_organizations(), Logged(context.log)):
        context.log_event(outcome)  # type: ignore[arg-type]  # taken at run time; the annotation leaves it out


def people_told(context: dg.OpExecutionContext, done: OrganizationReport, quarter: Quarter) -> None:
    """Decks were rendered, unless they are blocked, and alerts judged and delivered."""
    if not done.decks_blocked:
        partition = partitions.quarter_key(done.organization.id, quarter)
        metadata = metadata_of(done.organization.id, done.decks)
        # Of its own decks one that failed is no deck drawn: the last one that was stays the last that Dagster knows of.
        is_whole = all(one.client_id is not None for one in done.decks.missing)
        event = dg.AssetMaterialization if is_whole else dg.AssetObservation
        context.log_event(event(decks.decks.key, partition=partition, metadata=metadata))
        _clients_decks_drawn(context, done, quarter)
    if done.alerts and done.deliveries:
        metadata = reports.metadata_of_alerts(done.alerts, done.deliveries)
        context.log_event(
            dg.AssetMaterialization(reports.alerts.key, partition=done.organization.id, metadata=metadata)
        )


def _clients_decks_drawn(context: dg.OpExecutionContext, done: OrganizationReport, quarter: Quarter) -> None:
    """Each client of whom a deck was drawn anew, and none is missing; those left alone are told of already."""
    drawn = {deck.client_id for deck in done.decks.drawn} - {ORGANIZATION_ITSELF}
    drawn -= {str(one.client_id) for one in done.decks.missing}
    keys = [partitions.client_key(done.organization.id, quarter, one) for one in sorted(drawn)]
    if keys:
        context.instance.add_dynamic_partitions(partitions.CLIENT_DECKS, keys)
    for client_id, built in by_client(done.decks.built).items():
        if client_id in drawn:
            version = version_of(deck.content_sha256 for deck in built)
            for event in decks.told_of(done.organization.id, quarter, client_id, version, built):
                context.log_event(event)
