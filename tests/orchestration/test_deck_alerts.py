"""Decks that follow what they say: whose alert a run opens, and which good run ends it."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from orchestration import alerting, deck_alerts, partitions, pipeline, sensors
from orchestration.assets import decks
from orchestration.deck_alerts import BY_ITSELF, Standing
from orchestration.selection import one_organization
from orchestration.sensors import AUTOMATED, run_failed, run_succeeded
from reports.alerts import DeliverySummary
from reports.decks import bulk
from reports.paper import companions
from tests.orchestration.office import BIRCH, JUNIPER, ORCHARD, Office
from tests.reports import marts
from warehouse.organizations import Organization
from warehouse.periods import Quarter

OWN = f"{marts.ORGANIZATION}/2026-Q2"


def ended(office: Office, *keys: str, by_hand: bool = False) -> None:
    """A run of these decks, and what the sensors make of its end."""
    run = office.draw(*keys, **({} if by_hand else {AUTOMATED: "true"}))
    kind = dg.DagsterEventType.RUN_SUCCESS if run.success else dg.DagsterEventType.RUN_FAILURE
    told = dg.build_run_status_sensor_context(
        sensor_name="ended",
        dagster_event=next(one for one in run.all_events if one.event_type == kind),
        dagster_instance=office.instance,
        dagster_run=office.instance.get_run_by_id(run.run_id),  # type: ignore[arg-type]
    )
    if run.success:
        run_succeeded(told)
    else:
        run_failed(told.for_run_failure())


def open_alerts(office: Office) -> set[str]:
    asked = "select scope from app.alerts where rule = 'run_failed' and state <> 'resolved'"
    with psycopg.connect(office.connection.info.dsn, password=office.connection.info.password) as connection:
        return {scope for (scope,) in connection.execute(asked)}


@pytest.fixture
def broken(settled: Office, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The clients whose decks cannot be drawn; everybody's say something else than before."""
    pipeline.prepare([one_organization(marts.ORGANIZATION)])
    settled.write("update marts.fct_metrics_monthly set value = value + 1 where metric = 'endpoints_managed'")
    settled.read()
    clients: list[str] = []
    build = bulk._build

    def breaks(connection: psycopg.Connection, order: bulk.Order, commission: bulk.Commission) -> bulk.Outcome:
        if order.client_id in clients:
            raise KeyError("no such column")
        return build(connection, order, commission)

    monkeypatch.setattr(bulk, "_build", breaks)
    return clients


def test_a_good_run_of_one_client_ends_no_alert_of_another_and_its_own_does(settled: Office, broken: list[str]) -> None:
    broken += ["birch-freight"]
    ended(settled, BIRCH)
    assert open_alerts(settled) == {f"{BY_ITSELF}: {BIRCH}"}
    ended(settled, JUNIPER)
    assert open_alerts(settled) == {f"{BY_ITSELF}: {BIRCH}"}
    broken.clear()
    ended(settled, BIRCH)
    assert open_alerts(settled) == set()


def test_of_a_run_of_several_those_that_were_drawn_are_told_of_nobody(settled: Office, broken: list[str]) -> None:
    broken += ["birch-freight", "orchard-legal"]
    ended(settled, BIRCH, JUNIPER, ORCHARD)
    assert open_alerts(settled) == {f"{BY_ITSELF}: {BIRCH}", f"{BY_ITSELF}: {ORCHARD}"}
    broken.remove("orchard-legal")
    ended(settled, BIRCH, ORCHARD)
    assert open_alerts(settled) == {f"{BY_ITSELF}: {BIRCH}"}, "what the failed run drew is over as well"


def test_a_client_whose_handout_failed_is_told_tried_again_and_over_once_it_is_there(
    settled: Office, broken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its deck was told as drawn, so that nobody heard of it, and nothing was tried before the evening."""

    def breaks(record: object, named: str, path: Path) -> None:
        if "birch" in path.name:
            raise KeyError("no such column")
        written(record, named, path)  # type: ignore[arg-type]

    written = companions.write_handout
    monkeypatch.setattr(companions, "write_handout", breaks)
    settled.requested()
    ended(settled, BIRCH, JUNIPER)
    assert open_alerts(settled) == {f"{BY_ITSELF}: {BIRCH}"}
    assert settled.requested() == set()
    monkeypatch.setattr(companions, "write_handout", written)
    settled.write("update app.check_results set checked_at = checked_at + interval '1 day'")
    settled.read()
    assert BIRCH in settled.requested()
    ended(settled, JUNIPER)
    assert open_alerts(settled) == {f"{BY_ITSELF}: {BIRCH}"}
    ended(settled, BIRCH)
    assert open_alerts(settled) == set()


def test_a_deck_that_somebody_draws_by_hand_is_drawn(settled: Office, broken: list[str]) -> None:
    broken += ["birch-freight"]
    ended(settled, BIRCH)
    broken.clear()
    ended(settled, BIRCH, by_hand=True)
    assert open_alerts(settled) == set()


NOBODY = Standing(frozenset(), frozenset())
MANY = [f"{OWN}/{number}" for number in range(deck_alerts.SEVERAL + 1)]


@pytest.mark.parametrize(
    ("keys", "now", "scopes"),
    [
        ([BIRCH], NOBODY, [BIRCH]),
        ([BIRCH, "another-msp/2026-Q2/x"], NOBODY, [BIRCH]),
        ([BIRCH], Standing(frozenset({BIRCH}), frozenset()), []),
        ([partitions.quarter_key(marts.ORGANIZATION, Quarter(2026, 2))], NOBODY, [OWN]),
        (MANY, NOBODY, [f"{OWN}/*"]),
    ],
    ids=["one", "of two organizations", "drawn since", "its own", "many"],
)
def test_a_failed_run_is_told_once_for_each_deck_it_left_or_once_for_many(
    keys: list[str], now: Standing, scopes: list[str]
) -> None:
    assert deck_alerts.scopes_of(keys, marts.ORGANIZATION, now) == [f"{BY_ITSELF}: {one}" for one in scopes]


def test_while_an_alert_of_many_is_open_its_clients_are_told_by_it_and_no_others() -> None:
    of_many = f"{BY_ITSELF}: {OWN}/*"
    assert deck_alerts.scopes_of(MANY[:2], marts.ORGANIZATION, NOBODY, [of_many]) == [of_many]
    own = partitions.quarter_key(marts.ORGANIZATION, Quarter(2026, 2))
    assert deck_alerts.scopes_of([own], marts.ORGANIZATION, NOBODY, [of_many]) == [f"{BY_ITSELF}: {OWN}"]


def test_an_alert_of_many_that_opens_ends_those_of_its_clients_that_are_open_already() -> None:
    """The same cause was told twice."""
    of_many, own = f"{BY_ITSELF}: {OWN}/*", f"{BY_ITSELF}: {OWN}"
    each = [f"{BY_ITSELF}: {one}" for one in MANY[:2]]
    others = [f"{BY_ITSELF}: {marts.ORGANIZATION}/2026-Q1/1", own, "daily"]
    undrawn = Standing(frozenset(), frozenset(MANY))
    assert deck_alerts.ended([of_many, *each, *others], undrawn) == each
    assert deck_alerts.ended([*each, *others], undrawn) == []


def test_the_alert_of_many_ends_with_the_last_of_them() -> None:
    scopes = [f"{BY_ITSELF}: {OWN}/*", "daily"]
    last = Standing(frozenset(MANY[1:]), frozenset(MANY[:1]))
    assert deck_alerts.ended(scopes, last) == []
    assert deck_alerts.ended(scopes, Standing(frozenset(MANY), frozenset({"another-msp/2026-Q2/x"}))) == scopes[:1]


def test_the_organizations_own_decks_stand_or_not_like_those_of_clients() -> None:
    key = partitions.quarter_key(marts.ORGANIZATION, Quarter(2026, 2))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization(decks.contents.key, partition=key))
        assert deck_alerts.standing(instance) == Standing(frozenset(), frozenset({OWN}))
        instance.report_runless_asset_event(dg.AssetMaterialization(decks.decks.key, partition=key))
        assert deck_alerts.standing(instance) == Standing(frozenset({OWN}), frozenset())


def test_one_organization_that_cannot_be_told_keeps_no_other_from_it_and_messages_have_a_looks_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[tuple[str, timedelta]] = []

    def deliver(*_: object, organization_id: str, within: timedelta) -> DeliverySummary:
        served.append((organization_id, within))
        return DeliverySummary()

    def tell(_connection: psycopg.Connection, organization: Organization) -> None:
        if organization.id == "a-msp":
            raise KeyError(organization.id)

    monkeypatch.setattr(alerting, "deliver", deliver)
    monkeypatch.setattr(pipeline, "prepare", lambda _: None)
    [fernhill] = [one_organization(marts.ORGANIZATION)]
    with pytest.raises(ExceptionGroup, match="1 of 2"):
        sensors._each([fernhill.model_copy(update={"id": "a-msp"}), fernhill], tell)
    [(name, within)] = served
    assert name == marts.ORGANIZATION
    assert within <= alerting.ENOUGH
