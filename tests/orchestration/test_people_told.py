"""What the evening's run tells Dagster of decks: a deck that failed is not told as drawn."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import dagster as dg
import psycopg
import pytest

from orchestration import partitions
from orchestration.assets import decks
from orchestration.pipeline import OrganizationReport
from orchestration.progress import Quiet
from orchestration.quarter_decks import build_quarter
from orchestration.reporting import people_told
from orchestration.selection import one_organization
from reports.decks import bulk
from tests.reports import marts
from warehouse.periods import Quarter

QUARTER = Quarter.parse(marts.QUARTER)


@dataclass
class Heard:
    """What a run logged."""

    events: list[dg.AssetMaterialization | dg.AssetObservation] = field(default_factory=list)

    def of(self, asset: dg.AssetsDefinition) -> list[tuple[type, str | None]]:
        return [(type(one), one.partition) for one in self.events if one.asset_key == asset.key]


def told(monkeypatch: pytest.MonkeyPatch, broken: str) -> Heard:
    """An evening on which the deck of this client, or of this kind of the organization itself, cannot be drawn."""
    build = bulk._build

    def breaks(connection: psycopg.Connection, order: bulk.Order, commission: bulk.Commission) -> bulk.Outcome:
        if (order.client_id or order.deck) == broken:
            raise KeyError("no such column")
        return build(connection, order, commission)

    monkeypatch.setattr(bulk, "_build", breaks)
    organization = one_organization(marts.ORGANIZATION)
    done = OrganizationReport(organization)
    done.decks = build_quarter(organization, marts.QUARTER, progress=Quiet(), processes=1)
    assert len(done.decks.failed) == (1 if broken else 0)
    heard = Heard()
    with dg.DagsterInstance.ephemeral() as instance:
        people_told(SimpleNamespace(log_event=heard.events.append, instance=instance), done, QUARTER)  # type: ignore[arg-type]
    return heard


def clients(*names: str) -> list[tuple[type, str | None]]:
    keys = [partitions.client_key(marts.ORGANIZATION, QUARTER, one) for one in names]
    return [(dg.AssetMaterialization, str(key)) for key in keys]


OWN = str(partitions.quarter_key(marts.ORGANIZATION, QUARTER))


def test_decks_that_were_drawn_are_told(without_decks, monkeypatch):
    heard = told(monkeypatch, broken="")
    assert heard.of(decks.decks) == [(dg.AssetMaterialization, OWN)]
    assert sorted(heard.of(decks.client_decks), key=str) == clients("birch-freight", "juniper-dental", "orchard-legal")


def test_the_organizations_deck_that_failed_is_not_told_as_drawn(without_decks, monkeypatch):
    """Its partition was green, while the file that lay there was last quarter's, or none."""
    heard = told(monkeypatch, broken="company")
    assert heard.of(decks.decks) == [(dg.AssetObservation, OWN)]
    assert len(heard.of(decks.client_decks)) == 3


def test_a_client_whose_deck_failed_is_not_told_and_the_organizations_own_is(without_decks, monkeypatch):
    heard = told(monkeypatch, broken="birch-freight")
    assert heard.of(decks.decks) == [(dg.AssetMaterialization, OWN)]
    assert sorted(heard.of(decks.client_decks), key=str) == clients("juniper-dental", "orchard-legal")
