"""All of ConnectWise, read once and then by changes: after each cycle our tables are what the vendor shows."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

import extractors
from extractors.core.stream import Stream
from orchestration import demonstration
from orchestration.extraction import StreamOutcome, extract_source
from orchestration.progress import Quiet
from orchestration.selection import one_organization
from sandbox.world import World, build

STREAMS = extractors.STREAMS["connectwise"]
FIRST = datetime.fromisoformat("2026-05-20T14:00:00Z")
SECOND = datetime.fromisoformat("2026-06-25T09:30:00Z")


@pytest.fixture(scope="module")
def business() -> World:
    return build(7)


@pytest.fixture
def clock(sandbox: str) -> Iterator[Any]:
    """Sets the vendors' clock, and puts it back afterwards."""

    def move(now: datetime) -> None:
        httpx.put(f"{sandbox}/_sandbox/clock", json={"now": now.isoformat()}).raise_for_status()

    yield move
    httpx.delete(f"{sandbox}/_sandbox/clock").raise_for_status()


def extracted(now: datetime, streams: tuple[Stream, ...] = STREAMS) -> dict[str, StreamOutcome]:
    organization = one_organization(demonstration.ORGANIZATION)
    outcomes = extract_source(
        organization, "connectwise", streams, run_id=f"run-{now:%m%d%H}", as_of=now, progress=Quiet()
    )
    found = {outcome.stream: outcome for outcome in outcomes}
    assert {name: one.error for name, one in found.items() if one.error} == {}
    return found


def kept(url: str, stream: Stream) -> dict[str, dict[str, Any]]:
    """What our table has that is not marked as deleted."""
    query = sql.SQL("select record_id, record from {} where deleted_at is null").format(
        sql.Identifier("raw_connectwise", stream.name)
    )
    with psycopg.connect(url) as connection:
        return dict(connection.execute(query).fetchall())


def shown(sandbox: str, stream: Stream) -> dict[str, dict[str, Any]]:
    """What the vendor lists, by pages of its other kind, less what we never keep."""
    known = httpx.get(f"{sandbox}/_sandbox/credentials").json()["connectwise"]
    user = f"{known['company_id']}+{known['public_key']}"
    headers = {"clientId": known["client_id"]}
    with httpx.Client(base_url=known["base_url"], auth=(user, known["private_key"]), headers=headers) as client:
        parents = [row["id"] for row in everything(client, stream.parent.path)] if stream.parent else [None]
        rows = [row for parent in parents for row in everything(client, stream.path.format(parent=parent))]
    return {
        str(row["id"]): {name: value for name, value in row.items() if name not in stream.withheld_fields}
        for row in rows
    }


def everything(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    page = 1
    while some := client.get(path, params={"page": page, "pageSize": 1000, "orderBy": "id asc"}).json():
        rows += some
        page += 1
    return rows


def deleted_between(business: World, name: str) -> set[int]:
    """What the vendor had at the first instant and has no more at the second."""
    service = [one for one in business.tickets if one.record_type == "ServiceTicket"]
    lists: dict[str, Any] = {
        "tickets": service,
        "project_tickets": business.psa.mistaken_tickets,
        "time_entries": business.time_entries,
    }
    records = lists[name] if name in lists else getattr(business.psa, name)
    return {one.id for one in records if one.listed_at(FIRST) and not one.listed_at(SECOND)}


def window_kinds(url: str, run_id: str) -> dict[str, str]:
    with psycopg.connect(url) as connection:
        return dict(
            connection.execute(
                "select stream, window_kind from raw_meta.extraction_log where run_id = %s", [run_id]
            ).fetchall()
        )


def test_after_each_cycle_every_table_is_what_the_vendor_shows(
    installation: str, sandbox: str, clock: Any, business: World
) -> None:
    clock(FIRST)
    extracted(FIRST)
    before = {stream.name: kept(installation, stream) for stream in STREAMS}
    clock(SECOND)
    second = extracted(SECOND)
    for stream in STREAMS:
        assert kept(installation, stream) == shown(sandbox, stream), stream.name

    by_changes = {stream.name for stream in STREAMS if stream.change_filter}
    kinds = window_kinds(installation, f"run-{SECOND:%m%d%H}")
    assert {name for name, kind in kinds.items() if kind == "changes"} == by_changes
    for name in by_changes:
        assert 0 < second[name].records < len(before[name]), name
        assert second[name].changed, name

    gone = {name: second[name].deleted for name in sorted(by_changes)}
    assert gone == {name: len(deleted_between(business, name)) for name in gone}
    assert all(gone.values()), f"something was deleted in each of them: {gone}"

    # A ticket that was merged between the two, into one that was there before: both sides show it.
    merged = next(
        one
        for one in business.tickets
        if one.merged_at and FIRST < one.merged_at < SECOND and str(one.merged_into_id) in before["tickets"]
    )
    tickets = kept(installation, extractors.stream("connectwise", "tickets"))
    assert tickets[str(merged.id)]["mergedParentTicket"]["id"] == merged.merged_into_id
    assert tickets[str(merged.merged_into_id)]["hasMergedChildTicketFlag"] is True
    assert before["tickets"][str(merged.merged_into_id)]["hasMergedChildTicketFlag"] is False

    # A company that was deleted stays, and says so.
    companies = kept(installation, extractors.stream("connectwise", "companies"))
    assert [row["deletedFlag"] for row in companies.values()].count(True) == 1
    assert not any(row["deletedFlag"] for row in before["companies"].values())


def test_a_second_read_of_the_same_instant_changes_nothing(installation: str, clock: Any) -> None:
    clock(SECOND)
    extracted(SECOND)
    again = extracted(SECOND + timedelta(minutes=1))
    assert {(one.new, one.changed, one.deleted) for one in again.values()} == {(0, 0, 0)}


def test_what_must_not_be_kept_is_in_no_table(installation: str, sandbox: str, clock: Any) -> None:
    clock(SECOND)
    known = httpx.get(f"{sandbox}/_sandbox/credentials").json()["connectwise"]
    user = f"{known['company_id']}+{known['public_key']}"
    answer = httpx.get(
        f"{known['base_url']}/company/contacts",
        params={"pageSize": 1000},
        auth=(user, known["private_key"]),
        headers={"clientId": known["client_id"]},
    )
    words = {row["portalPassword"] for row in answer.json() if "portalPassword" in row}
    assert words, "the vendor sends some"
    contacts = extractors.stream("connectwise", "contacts")
    extracted(SECOND, (contacts,))
    stored = json.dumps(kept(installation, contacts))
    assert not any(word in stored for word in words)
    assert "portalPassword" not in stored
