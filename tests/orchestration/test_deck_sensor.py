"""The sensor that reads what decks say: trouble of one client or organization is told and loses nobody else's news."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, tzinfo
from typing import Any

import dagster as dg
import psycopg
import pytest

from orchestration import alerting, deck_sensor, partitions, pipeline
from orchestration.assets import decks
from orchestration.deck_contents import Contents
from orchestration.deck_rounds import Remembered
from orchestration.selection import one_organization
from reports.decks import DeckBlocked
from reports.decks.bulk import Order
from tests.orchestration.office import EVERYBODY, JUNIPER, ORCHARD, Office
from tests.reports import marts
from warehouse.errors import PostgresUnavailable
from warehouse.organizations import Organization

OWN = "fernhill-it|2026-04"


def told(office: Office) -> set[str]:
    """Whose contents Dagster knows."""
    return {
        str(record.partition_key)
        for asset in (decks.contents.key, decks.client_contents.key)
        for record in office.instance.fetch_materializations(asset, limit=100).records
    }


def open_alerts(office: Office) -> list[tuple[str, str]]:
    office.connection.rollback()
    asked = "select scope, message from app.alerts where rule = 'run_failed' and state <> 'resolved'"
    return office.connection.execute(asked).fetchall()


class Trouble:
    """What reading raises for a client, as long as it is wished."""

    def __init__(self) -> None:
        self.of: dict[str, Exception] = {}

    def read(self, organization: Organization, quarter: str, client_id: str, orders: Sequence[Order]) -> Contents:
        if client_id in self.of:
            raise self.of[client_id]
        return self._read(organization, quarter, client_id, orders)

    _read = staticmethod(deck_sensor.read)


@pytest.fixture
def trouble(office: Office, monkeypatch: pytest.MonkeyPatch) -> Trouble:
    pipeline.prepare([one_organization(marts.ORGANIZATION)])
    found = Trouble()
    monkeypatch.setattr(deck_sensor, "read", found.read)
    return found


def test_an_error_that_nobody_foresaw_of_one_client_loses_no_other_and_opens_an_alert(
    office: Office, trouble: Trouble
) -> None:
    trouble.of["birch-freight"] = KeyError("no such column")
    office.read()
    assert told(office) == {OWN, JUNIPER, ORCHARD}
    [(scope, message)] = open_alerts(office)
    assert scope == "reading what decks say"
    assert "birch-freight" in message
    assert "juniper" not in message
    assert office.read() == "Nothing that decks read was written since.", "the same error is not made again and again"
    trouble.of.clear()
    office.one_figure_of_birch_changes()
    office.read()
    assert told(office) == {OWN, *EVERYBODY}
    assert open_alerts(office) == []


class Haste:
    """A clock by which a look has time for two clients."""

    def __init__(self) -> None:
        self._now = datetime(2026, 7, 6, tzinfo=UTC)

    def now(self, _: tzinfo) -> datetime:
        self._now += deck_sensor.READS_AT_MOST / 3
        return self._now


def test_who_always_fails_is_told_where_the_next_write_cuts_every_round_short(
    office: Office, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a whole round told of anybody."""
    monkeypatch.setattr(deck_sensor, "datetime", Haste())
    trouble.of["birch-freight"] = KeyError("no such column")
    for _ in range(6):
        office.write("update app.check_results set checked_at = checked_at + interval '1 day'")
        office.read()
    assert told(office) == {OWN, JUNIPER, ORCHARD}
    [(_, message)] = open_alerts(office)
    assert "birch-freight" in message


def test_a_check_that_holds_one_deck_back_ends_nobodys_and_is_no_trouble(office: Office, trouble: Trouble) -> None:
    trouble.of["birch-freight"] = DeckBlocked(marts.ORGANIZATION, marts.QUARTER, ("Two rows too many.",))
    office.read()
    assert told(office) == {OWN, JUNIPER, ORCHARD}
    assert open_alerts(office) == []


def test_of_a_database_that_is_gone_in_between_what_was_read_is_kept_and_the_rest_is_read_later(
    office: Office, trouble: Trouble
) -> None:
    trouble.of["juniper-dental"] = psycopg.errors.AdminShutdown()
    office.read()
    assert JUNIPER not in told(office)
    before = told(office)
    assert before
    trouble.of.clear()
    office.read()
    assert told(office) == {OWN, *EVERYBODY} > before
    assert open_alerts(office) == []


def test_where_nobody_can_be_told_of_a_trouble_dagster_is_told_what_was_read(
    office: Office, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble.of["birch-freight"] = KeyError("no such column")
    reaches = iter([deck_sensor.connect])

    def connect_once() -> AbstractContextManager[psycopg.Connection[Any]]:
        for connect in reaches:
            return connect()
        raise PostgresUnavailable("Postgres has too many clients.")

    monkeypatch.setattr(deck_sensor, "connect", connect_once)
    office.read()
    assert told(office) == {OWN, JUNIPER, ORCHARD}
    assert open_alerts(office) == []


def test_one_organizations_trouble_is_no_others(
    office: Office, monkeypatch: pytest.MonkeyPatch, trouble: Trouble
) -> None:
    fernhill = one_organization(marts.ORGANIZATION)
    whose = deck_sensor.whose

    def breaks(organization: Organization, quarter: str) -> dict[str, list[Order]]:
        if organization.id == "a-msp":
            raise KeyError("no such column")
        return whose(organization, quarter)

    monkeypatch.setattr(partitions, "configured", lambda: [fernhill.model_copy(update={"id": "a-msp"}), fernhill])
    monkeypatch.setattr(deck_sensor, "whose", breaks)
    office.read()
    assert told(office) == {OWN, *EVERYBODY}


def test_an_organization_of_which_nothing_was_built_yet_is_no_trouble(
    settled: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    fernhill = one_organization(marts.ORGANIZATION)
    monkeypatch.setattr(partitions, "configured", lambda: [fernhill.model_copy(update={"id": "new-msp"}), fernhill])
    settled.write("update app.check_results set run_id = 'next'")
    assert settled.read() == "Every deck says what it said."


@pytest.mark.parametrize(
    "gone",
    ["delete from marts.dim_periods", "alter table marts.dim_periods rename to gone"],
    ids=["its rows", "a table"],
)
def test_an_alert_of_an_organization_whose_marts_are_gone_says_so_until_its_decks_are_read(
    office: Office, trouble: Trouble, gone: str
) -> None:
    """It stood there with the words of what was no longer tried."""
    trouble.of["birch-freight"] = KeyError("no such column")
    office.read()
    trouble.of.clear()
    office.write("create table marts.kept as table marts.dim_periods")
    office.write(gone)
    office.read()
    [(scope, message)] = open_alerts(office)
    assert scope == deck_sensor.READING
    assert "the models hold nothing of the organization" in message
    assert "birch-freight" not in message
    office.write("drop table if exists marts.gone, marts.dim_periods")
    office.write("alter table marts.kept rename to dim_periods")
    office.read()
    assert open_alerts(office) == []
    assert told(office) == {OWN, *EVERYBODY}


def test_before_the_first_build_there_is_nothing_to_read_and_nothing_wrong(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.write("drop schema marts cascade")
    assert office.read() == "Nothing was built yet."
    office.write("create schema marts")
    office.write(f"create table {alerting.NEEDED} ()")
    office.read()  # a first build that broke off has an alert of its own
    assert told(office) == set()


def test_a_database_that_sleeps_is_not_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: Any, **__: Any) -> Any:
        raise AssertionError("the database was asked for")

    monkeypatch.setattr(alerting, "sleeps", lambda: True)
    monkeypatch.setattr(deck_sensor, "connect", connect)
    with dg.DagsterInstance.ephemeral() as instance:
        found = deck_sensor.deck_contents_read(dg.build_sensor_context(instance=instance))
    assert isinstance(found, dg.SkipReason)
    assert "starts it for nobody" in str(found.skip_message)


def test_where_something_is_written_all_the_time_everybody_is_read_in_turn() -> None:
    """Each look has time for two, and before the next one something was written."""
    clients = {"a-msp": [f"c{number}" for number in range(5)], "b-msp": ["d0", "d1", "d2"]}
    state, read = Remembered(), list[str]()
    for look in range(12):
        state = state.begun_anew(str(look), list(clients))
        time = 2
        for organization in list(state.left):
            wanted = state.in_turn(organization, clients[organization])
            read += [f"{organization}/{one}" for one in wanted[:time]]
            state.done += [f"{organization}/{one}" for one in wanted[:time]]
            if len(wanted) <= time:
                state.left.remove(organization)
                state.forget(organization)
            time = max(time - len(wanted), 0)
    assert set(read) == {f"{organization}/{one}" for organization, named in clients.items() for one in named}
    counted = [read.count(f"a-msp/{one}") for one in clients["a-msp"]]
    assert max(counted) - min(counted) <= 1


def test_nobody_is_read_twice_in_a_round() -> None:
    state = Remembered().begun_anew("1", ["a-msp"])
    state.done.append("a-msp/c0")
    assert state.in_turn("a-msp", ["c0", "c1"]) == ["c1"]
