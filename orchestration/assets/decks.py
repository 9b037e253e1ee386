"""Decks, and before each of them what it says: the organization's own by quarter, those of clients a partition each.

The evening's run draws all decks of a quarter at once, in several processes; here one can be drawn again by itself, and
those that say something else than before are drawn without anybody asking (:mod:`orchestration.automation`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import dagster as dg

from orchestration import partitions, turns
from orchestration.assets.deck_metadata import metadata_of_decks, metadata_of_own
from orchestration.assets.files import Metadata
from orchestration.assets.models import shown_by
from orchestration.automation import WHEN_IT_SAYS_SOMETHING_ELSE
from orchestration.deck_contents import ORGANIZATION_ITSELF, by_client, whose
from orchestration.progress import Logged, Progress
from orchestration.quarter_decks import QuarterDecks, build_quarter
from orchestration.selection import one_organization
from reports.decks import BuiltDeck, DeckBlocked
from reports.decks.bulk import Order
from reports.errors import ReportError
from warehouse.organizations import Organization
from warehouse.periods import Quarter

OWNERS = ["team:account-management"]
DATA_VERSION = "dagster/data_version"
POOL = "decks"
"""One step at a time: each draws in as many processes as the machine has to give."""


def _contents(name: str, description: str, exposures: Sequence[str], cut: dg.PartitionsDefinition) -> dg.AssetSpec:
    return dg.AssetSpec(
        ["reports", name],
        deps=sorted({key for one in exposures for key in shown_by(one)}),
        partitions_def=cut,
        group_name="reports",
        kinds={"json"},
        owners=OWNERS,
        description=f"{description} Told by the sensor deck_contents_read after something that decks read was written; "
        "its data version is another one when a figure or a word is another, and while a deck is not there. Not told "
        "while a check holds decks back.",
    )


contents = _contents(
    "deck_contents",
    "What the organization's own decks of a quarter say.",
    ["company_deck", "investor_pack"],
    partitions.organization_quarters,
)
client_contents = _contents(
    "client_deck_contents",
    "What the decks of one client say of a quarter.",
    ["client_decks", "customer_reviews"],
    partitions.client_decks,
)


@dg.asset(
    key=["reports", "decks"],
    deps=[contents.key],
    partitions_def=partitions.organization_quarters,
    automation_condition=WHEN_IT_SAYS_SOMETHING_ELSE,
    pool=POOL,
    group_name="reports",
    kinds={"powerpoint"},
    owners=OWNERS,
    description="The organization's own decks of a quarter: the company's review and, where there are investors to "
    "tell, their pack. Not rendered while a blocking check fails.",
)
def decks(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Render what is nobody else's."""
    key = context.partition_key
    assert isinstance(key, dg.MultiPartitionKey)  # noqa: S101  the partitions above are made of two parts
    organization, quarter = one_organization(partitions.organization_of(key)), partitions.quarter_of(key)
    progress = Logged(context.log)
    orders = _orders(organization, quarter, progress).get(ORGANIZATION_ITSELF, [])
    if not orders:  # a dealer has nothing but its customers' reviews
        return dg.MaterializeResult(metadata=metadata_of_own(organization.id, QuarterDecks()))
    try:
        done = build_quarter(organization, str(quarter), progress=progress, orders=orders)
    except DeckBlocked as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    if done.failed:
        context.log_event(
            dg.AssetObservation(decks.key, partition=key, metadata=metadata_of_own(organization.id, done))
        )
        raise _failure(done)
    return dg.MaterializeResult(metadata=metadata_of_own(organization.id, done))


@dg.asset(
    name="client_decks",
    key_prefix="reports",
    deps=[client_contents.key],
    partitions_def=partitions.client_decks,
    automation_condition=WHEN_IT_SAYS_SOMETHING_ELSE,
    pool=POOL,
    group_name="reports",
    kinds={"powerpoint"},
    owners=OWNERS,
    description="The decks of one client and quarter: its review and, for a dealer's customer, the customer review. A "
    "partition appears with the client's first figures of a quarter and stays, also when the client goes. Several "
    "chosen at once are drawn by one run, in several processes. Not rendered while a blocking check fails.",
)
def _client_decks(context: dg.AssetExecutionContext) -> None:
    """Render the decks of the clients chosen; those of the same quarter together."""
    told: dict[str, Metadata] = {}
    lacking: dict[str, Metadata] = {}
    progress = Logged(context.log)
    failed: list[str] = []
    for (organization_id, quarter), keys in groupby(sorted(context.partition_keys), key=_quarter_of):
        chosen = {partitions.client_of(key)[2]: key for key in keys}
        organization = one_organization(organization_id)
        orders = _orders(organization, quarter, progress)
        failed += [
            f"{organization_id} has nothing to show {gone} of {quarter}, so no deck was drawn; what was drawn before "
            "lies where it was."
            for gone in chosen.keys() - orders.keys()
        ]
        if wanted := [one for client_id in orders if client_id in chosen for one in orders[client_id]]:
            try:
                done = build_quarter(organization, str(quarter), progress=progress, orders=wanted)
            except DeckBlocked as error:
                failed.append(str(error))
                continue
            failed += done.failed
            without = {deck.client_id for deck in done.companions.without}
            for client_id, built in by_client(done.built).items():
                if len(built) == len(orders[client_id]):
                    # Not told as drawn without its PDF or handout: nobody would hear of it, and nothing try again.
                    whole_or_not = lacking if client_id in without else told
                    whole_or_not[chosen[client_id]] = metadata_of_decks(organization_id, built)
    if failed:
        for key, metadata in told.items():  # the others stand: only a step that ends well tells of them by itself
            context.log_event(dg.AssetMaterialization(client_decks.key, partition=key, metadata=metadata))
        for key, metadata in lacking.items():
            context.log_event(dg.AssetObservation(client_decks.key, partition=key, metadata=metadata))
        raise dg.Failure(description=" ".join(failed), allow_retries=False)
    for key, metadata in told.items():
        context.add_asset_metadata(metadata, asset_key=client_decks.key, partition_key=key)


# Given afterwards, since @dg.asset warns that this parameter may change.
client_decks = _client_decks.with_attributes(backfill_policy=dg.BackfillPolicy.single_run())


def _orders(organization: Organization, quarter: Quarter, progress: Progress) -> dict[str, list[Order]]:
    try:
        with turns.reading(progress):
            return whose(organization, str(quarter))
    except ReportError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error


def _failure(done: QuarterDecks) -> dg.Failure:
    built = f"{len(done.built)} decks were built and stand at their places"
    return dg.Failure(description=f"{' '.join(done.failed)} {built}.", allow_retries=False)


def _quarter_of(key: str) -> tuple[str, Quarter]:
    organization_id, quarter, _ = partitions.client_of(key)
    return organization_id, quarter


@dataclass(frozen=True, slots=True)
class Place:
    """Where Dagster keeps the decks of one client, or the organization's own: two assets and their partition."""

    contents: dg.AssetKey
    decks: dg.AssetKey
    key: str


def place_of(organization_id: str, quarter: Quarter, client_id: str) -> Place:
    """The place of these decks; the organization's own are those of ``all``."""
    if client_id == ORGANIZATION_ITSELF:
        return Place(contents.key, decks.key, partitions.quarter_key(organization_id, quarter))
    return Place(client_contents.key, client_decks.key, partitions.client_key(organization_id, quarter, client_id))


def told_of(
    organization_id: str, quarter: Quarter, client_id: str, version: str, standing: Sequence[BuiltDeck]
) -> Iterator[dg.AssetMaterialization]:
    """What Dagster is told of decks that were drawn elsewhere: what they say and, right after it, that they stand."""
    place = place_of(organization_id, quarter, client_id)
    if version:
        yield dg.AssetMaterialization(place.contents, partition=place.key, tags={DATA_VERSION: version})
    if standing:
        yield dg.AssetMaterialization(
            place.decks, partition=place.key, metadata=metadata_of_decks(organization_id, standing)
        )
