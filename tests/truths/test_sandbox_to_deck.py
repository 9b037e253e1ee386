"""From vendors over HTTP to marts, decks and alerts: three made-up businesses in one warehouse, held to the truth.

The truth is computed by the sandbox from its own world; it shares no code with the pipeline.
"""

import zipfile
from pathlib import Path

import psycopg
import pytest

from orchestration import pipeline
from orchestration.progress import Quiet
from sandbox import truth
from tests.three_businesses import SEEDS, Warehouse, checksums, client_ids, complete_periods, monthly


def test_every_stream_of_every_business_was_read_completely(warehouse: Warehouse) -> None:
    failed = [str(one.error) for each in warehouse.report.organizations for one in each.failed_streams]
    assert not failed
    assert warehouse.report.exit_code == 0


@pytest.mark.parametrize("place", range(len(SEEDS)), ids=[f"seed {seed}" for seed in SEEDS])
def test_all_monthly_inputs_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    expected = truth.monthly_inputs(business.world, business.now)
    found = monthly(warehouse, business.organization.id)
    periods = complete_periods(business)
    assert len(periods) == 24
    assert {len(expected[period]) >= 27 for period in periods} == {True}
    wrong = {
        (period, metric): (found.get(("all", period, metric), "no row"), value)
        for period in periods
        for metric, value in expected[period].items()
        if found.get(("all", period, metric), "no row") != value
    }
    assert not wrong


@pytest.mark.parametrize("place", range(len(SEEDS)), ids=[f"seed {seed}" for seed in SEEDS])
def test_all_smartnumbers_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    expected = truth.smartnumbers(business.world, business.now)
    with psycopg.connect(warehouse.url) as connection:
        found = {
            (quarter, metric): value
            for quarter, metric, value in connection.execute(
                "select quarter, metric, value from marts.fct_smartnumbers where organization_id = %s",
                [business.organization.id],
            )
        }
    assert len(expected) == 8
    wrong = {
        (quarter, metric): (found.get((quarter, metric), "no row"), value)
        for quarter, values in expected.items()
        for metric, value in values.items()
        if found.get((quarter, metric), "no row") != value
    }
    assert not wrong


@pytest.mark.parametrize("place", range(len(SEEDS)), ids=[f"seed {seed}" for seed in SEEDS])
def test_the_figures_of_each_client_equal_the_truth(warehouse: Warehouse, place: int) -> None:
    business = warehouse.businesses[place]
    expected = truth.client_inputs(business.world, business.now)
    found = monthly(warehouse, business.organization.id)
    by_name = client_ids(warehouse, business)
    periods = complete_periods(business)
    wrong = {
        (period, client, metric): (found.get((by_name[client], period, metric), "no row"), value)
        for period in periods
        for client, values in expected[period].items()
        for metric, value in values.items()
        if found.get((by_name[client], period, metric), "no row") != value
    }
    assert not wrong


def test_each_business_has_its_decks(warehouse: Warehouse) -> None:
    *businesses, dealer = warehouse.report.organizations
    assert {deck.kind for deck in dealer.decks.built} == {"customer_review"}
    for each in businesses:
        assert each.decks_blocked is None
        assert sum(deck.kind == "company" for deck in each.decks.built) == 1
        assert len(each.decks.built) > 10
        assert all(deck.path.exists() for deck in each.decks.built)


def test_no_deck_of_one_business_names_a_client_of_another(warehouse: Warehouse) -> None:
    """All three sell to clients of the same names, so what must not be found are the organizations' own names."""
    names = {each.organization.id: each.organization.name for each in warehouse.report.organizations}
    for each in warehouse.report.organizations:
        others = [name for organization_id, name in names.items() if organization_id != each.organization.id]
        for deck in each.decks.built:
            text = deck_text(deck.path)
            assert not [name for name in others if name in text]


def deck_text(path: Path) -> str:
    """Everything in the file that is text, unzipped."""
    with zipfile.ZipFile(path) as package:
        return "\n".join(package.read(name).decode("utf-8", "replace") for name in package.namelist())


@pytest.mark.parametrize("businesses", [1, pytest.param(3, marks=pytest.mark.soak)])
def test_a_second_run_changes_no_row(warehouse: Warehouse, businesses: int) -> None:
    """Some businesses are read again, and the dealer; the build is everybody's."""
    before = checksums(warehouse.url)
    again = [*(one.organization for one in warehouse.businesses[:businesses]), warehouse.dealer]
    report = pipeline.run(again, as_of=warehouse.businesses[0].now, progress=Quiet())
    assert report.exit_code == 0
    assert {one.new + one.changed + one.deleted for each in report.organizations for one in each.streams} == {0}
    assert checksums(warehouse.url) == before
