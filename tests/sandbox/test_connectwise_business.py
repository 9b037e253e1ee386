"""What the drawn business keeps in ConnectWise beside the service desk, and how it moves with the clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.connectwise.names import NAMES
from sandbox.world.desk import HORIZON
from sandbox.world.entities import Ticket
from tests.sandbox.conftest import Served
from tests.sandbox.worlds import world

DRAWN = world(7)
PSA = DRAWN.psa
LISTS = {
    "/company/contacts": PSA.contacts,
    "/sales/opportunities": PSA.opportunities,
    "/sales/activities": PSA.activities,
    "/schedule/entries": PSA.schedule_entries,
    "/finance/invoices": PSA.invoices,
    "/project/tickets": PSA.mistaken_tickets,
}
UNPUBLISHED = {
    "/company/contacts": "contacts",
    "/service/boards/1/types": "board_types",
    "/service/boards/1/subtypes": "board_subtypes",
    "/service/boards/1/items": "board_items",
    "/service/priorities": "priorities",
    "/sales/stages": "opportunity_stages",
}
"""Addresses that the slice of the vendor's description leaves out."""


@pytest.fixture
def vendor(drawn: Served) -> Iterator[httpx.Client]:
    with drawn.client("connectwise") as client:
        yield client


def listed(vendor: httpx.Client, path: str, **asked: Any) -> list[dict[str, Any]]:
    """Every record of a list, page after page."""
    answer = vendor.get(path, params={"pageSize": 1000, **asked}).raise_for_status()
    rows: list[dict[str, Any]] = answer.json()
    while "next" in answer.links:
        answer = vendor.get(answer.links["next"]["url"])
        rows += answer.json()
    return rows


def at(drawn: Served, moment: datetime) -> None:
    drawn.set_clock(moment.isoformat())


@pytest.mark.parametrize("path", LISTS)
def test_a_record_comes_and_goes_at_its_instant(drawn: Served, vendor: httpx.Client, path: str) -> None:
    one = next(one for one in LISTS[path] if one.deleted_at is not None and one.deleted_at < HORIZON)
    assert one.deleted_at is not None
    second = timedelta(seconds=1)
    found = {}
    created_at = one.entered_at if isinstance(one, Ticket) else one.created_at
    for moment in (created_at - second, created_at, one.deleted_at - second, one.deleted_at):
        at(drawn, moment)
        found[moment] = bool(listed(vendor, path, conditions=f"id = {one.id}"))
    assert list(found.values()) == [False, True, True, False]


@pytest.mark.parametrize("path", [*LISTS, "/service/surveys/1/results", "/service/tickets"])
def test_whatever_differs_between_two_instants_has_a_newer_mark(drawn: Served, vendor: httpx.Client, path: str) -> None:
    """Or an incremental read would miss it."""
    before, after = datetime.fromisoformat("2026-03-03T15:00:00Z"), datetime.fromisoformat("2026-06-09T20:00:00Z")
    at(drawn, before)
    old = {row["id"]: row for row in listed(vendor, path)}
    at(drawn, after)
    new = {row["id"]: row for row in listed(vendor, path)}
    differing = [row for number, row in new.items() if row != old.get(number)]
    assert differing
    since = before.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert all(row["_info"]["lastUpdated"] > since for row in differing)
    changed = listed(vendor, path, conditions=f"lastUpdated > [{since}]")
    assert {row["id"] for row in changed} == {row["id"] for row in differing}


def test_people_of_an_old_import_have_no_mark_and_are_found_by_null(vendor: httpx.Client) -> None:
    unmarked = listed(vendor, "/company/contacts", conditions="lastUpdated = null")
    assert unmarked
    assert all("_info" not in row for row in unmarked)


def test_an_invoice_is_its_agreements_flat_part_and_its_additions_on_the_day(
    drawn: Served, vendor: httpx.Client
) -> None:
    at(drawn, datetime.fromisoformat("2026-02-01T15:00:00Z"))  # nine o'clock on the first, in the business's zone
    made = listed(vendor, "/finance/invoices", conditions='date = [2026-02-01] and type = "Agreement"')
    assert len(made) > 20
    for invoice in made:
        agreement = vendor.get(f"/finance/agreements/{invoice['agreement']['id']}").json()
        additions = listed(vendor, f"/finance/agreements/{agreement['id']}/additions")
        billed = [row["extPrice"] for row in additions if row.get("cancelledDate", "9") > "2026-02-01T00:00:00Z"]
        assert invoice["total"] == pytest.approx(agreement["billAmount"] + sum(billed))
        assert invoice["balance"] == invoice["total"]
    at(drawn, datetime.fromisoformat("2026-07-01T15:00:00Z"))
    later = {row["id"]: row for row in listed(vendor, "/finance/invoices")}
    paid = [later[row["id"]] for row in made if row["id"] in later and later[row["id"]]["balance"] == 0]
    assert len(paid) > len(made) / 2
    assert all(row["payments"] == row["total"] for row in paid)


def test_every_signed_agreement_was_an_opportunity_that_was_won(vendor: httpx.Client) -> None:
    won = {row["name"] for row in listed(vendor, "/sales/opportunities", conditions='status/name = "Won"')}
    signed = listed(vendor, "/finance/agreements", conditions="_info/createdDate > [2024-07-01T05:00:00Z]")
    assert {row["name"] for row in signed} <= won


def test_a_survey_answer_is_worth_the_points_of_its_option_and_is_about_a_closed_ticket(vendor: httpx.Client) -> None:
    questions = {row["id"]: row for row in listed(vendor, "/service/surveys/1/questions")}
    answers = listed(vendor, "/service/surveys/1/results")
    assert len(answers) > 500
    assert len({answer["totalPoints"] for answer in answers}) == 5
    for answer in answers:
        chosen = [one for one in answer["results"] if questions[one["questionId"]]["type"] == "Selection"]
        options = questions[chosen[0]["questionId"]]["options"]
        assert answer["totalPoints"] == sum(options[one["answer"]]["points"] for one in chosen)
    asked_about = {answer["ticketId"] for answer in answers}
    assert asked_about <= {row["id"] for row in listed(vendor, "/service/tickets")}
    assert listed(vendor, "/service/surveys/2/results") == []


def test_tickets_are_sorted_by_what_their_board_offers(vendor: httpx.Client) -> None:
    offered = {
        (kind, board, row["id"], row["name"])
        for board in (1, 2, 3)
        for kind, path in (("type", "types"), ("subType", "subtypes"), ("item", "items"))
        for row in listed(vendor, f"/service/boards/{board}/{path}")
    }
    priorities = {(row["id"], row["name"]) for row in listed(vendor, "/service/priorities")}
    tickets = listed(vendor, "/service/tickets", conditions="dateEntered > [2026-05-01]")
    untyped = [ticket for ticket in tickets if "type" not in ticket]
    assert 0 < len(untyped) < len(tickets) / 5, "somebody forgets it now and then"
    assert not [ticket for ticket in untyped if "subType" in ticket or "item" in ticket]
    for ticket in tickets:
        for kind in ("type", "subType", "item") if "type" in ticket else ():
            assert (kind, ticket["board"]["id"], ticket[kind]["id"], ticket[kind]["name"]) in offered
        assert (ticket["priority"]["id"], ticket["priority"]["name"]) in priorities
    belonging = listed(vendor, "/service/boards/1/subtypes")
    types = {row["id"] for row in listed(vendor, "/service/boards/1/types")}
    assert all(set(row["typeAssociationIds"]) <= types for row in belonging)


def test_a_deleted_company_stays_listed_and_says_so(drawn: Served, vendor: httpx.Client) -> None:
    ((key, deleted_at),) = PSA.deleted_companies
    number = next(client.connectwise.number for client in DRAWN.clients if client.key == key and client.connectwise)
    before = vendor.get(f"/company/companies/{number}").json()
    assert (before["deletedFlag"], before["dateDeleted"]) == (True, before["_info"]["lastUpdated"])
    at(drawn, deleted_at - timedelta(seconds=1))
    assert vendor.get(f"/company/companies/{number}").json()["deletedFlag"] is False


def test_a_calendar_entry_points_at_a_ticket_or_an_activity(vendor: httpx.Client) -> None:
    entries = listed(vendor, "/schedule/entries")
    kinds = {"S": "/service/tickets", "C": "/sales/activities"}
    assert {row["type"]["identifier"] for row in entries} == set(kinds)
    for kind, path in kinds.items():
        pointed_at = {row["objectId"] for row in entries if row["type"]["identifier"] == kind}
        assert pointed_at <= {row["id"] for row in listed(vendor, path)}


@pytest.mark.parametrize(
    ("path", "condition", "expected"),
    [
        ("/company/contacts", 'communicationItems/domain = "@corvane.example"', 'company/name like "Corvane Legal%"'),
        ("/company/companies", "types/id = 2", "leadFlag = true"),
        ("/service/surveys/1/results", "results/questionId = 11 and results/answer = 0", "totalPoints = 5"),
    ],
)
def test_child_conditions_look_into_the_entries_of_an_array(
    vendor: httpx.Client, path: str, condition: str, expected: str
) -> None:
    found = listed(vendor, path, childConditions=condition)
    assert found
    assert found == listed(vendor, path, conditions=expected)
    assert vendor.get(f"{path}/count", params={"childConditions": condition}).json() == {"count": len(found)}


@pytest.mark.parametrize(
    "asked",
    [
        {"childConditions": "shoes/id = 5"},
        {"childConditions": "types/shoesize = 5"},
        {"childConditions": 'types/id = 1 and communicationItems/value = "x"'},
        {"customFieldConditions": 'caption="Tier" AND value != null'},
    ],
    ids=lambda asked: next(iter(asked.values())),
)
def test_conditions_on_what_an_array_has_not_are_refused(vendor: httpx.Client, asked: dict[str, str]) -> None:
    answer = vendor.get("/company/contacts", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (400, "ApiFindCondition")


@pytest.mark.parametrize("path", UNPUBLISHED)
def test_records_hold_only_names_that_conditions_know(vendor: httpx.Client, path: str) -> None:
    rows = listed(vendor, path)
    assert rows
    assert {name for row in rows for name in row} <= NAMES[UNPUBLISHED[path]] | {"portalPassword"}
    assert vendor.get(f"{path}/count").json() == {"count": len(rows)}


@pytest.mark.parametrize("path", [*LISTS, "/service/surveys", "/service/surveys/1/results", "/service/boards/1/items"])
def test_nothing_here_can_be_written(vendor: httpx.Client, path: str) -> None:
    assert vendor.post(path, json={"name": "new"}).status_code == 405
    if path != "/project/tickets":
        assert vendor.post(f"{path}/search", json={}).status_code == 405
