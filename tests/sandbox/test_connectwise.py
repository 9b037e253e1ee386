"""ConnectWise's ways, as extractors meet them."""

from typing import Any

import httpx
import pytest

from tests.sandbox.business import TICKETS
from tests.sandbox.conftest import Served

# Ticket 3 was deleted and ticket 4 is a project's; all others are listed.
LISTED = [number for number in range(1, TICKETS + 1) if number not in (3, 4)]


def ids(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [record["id"] for record in answer.json()]


def found(connectwise: httpx.Client, conditions: str, **more: Any) -> list[int]:
    return ids(connectwise.get("/service/tickets", params={"conditions": conditions, "pageSize": 1000, **more}))


def test_a_page_holds_25_unless_asked_and_never_more_than_a_thousand(connectwise: httpx.Client):
    assert len(ids(connectwise.get("/service/tickets"))) == 25
    assert len(ids(connectwise.get("/service/tickets", params={"pageSize": 5000}))) == 1000


def test_navigable_pages_link_to_each_other_with_absolute_addresses(connectwise: httpx.Client):
    answer = connectwise.get("/service/tickets", params={"pageSize": 500, "conditions": 'board/name="Help Desk"'})
    assert set(answer.links) == {"first", "last", "next"}
    seen = ids(answer)
    while "next" in answer.links:
        answer = connectwise.get(answer.links["next"]["url"])
        seen += ids(answer)
    assert seen == LISTED
    assert set(answer.links) == {"first", "last", "prev"}
    assert ids(connectwise.get("/service/tickets", params={"page": 99})) == []


def test_forward_only_pages_go_on_by_page_id_and_end_without_a_next_link(connectwise: httpx.Client):
    forward = {"pagination-type": "forward-only"}
    answer = connectwise.get("/service/tickets", params={"pageSize": 400}, headers=forward)
    seen = ids(answer)
    while "next" in answer.links:
        assert "pageId=" in answer.links["next"]["url"]
        assert "&page=" not in answer.links["next"]["url"]
        answer = connectwise.get(answer.links["next"]["url"], headers=forward)
        seen += ids(answer)
    assert seen == LISTED
    assert answer.headers["link"] == ""


def test_forward_only_takes_no_order(connectwise: httpx.Client):
    answer = connectwise.get(
        "/service/tickets", params={"orderBy": "id asc"}, headers={"pagination-type": "forward-only"}
    )
    assert answer.status_code == 400


def test_count_counts_what_the_same_conditions_list(connectwise: httpx.Client):
    assert connectwise.get("/service/tickets/count").json() == {"count": len(LISTED)}
    conditions = {"conditions": "parentTicketId != null"}
    assert connectwise.get("/service/tickets/count", params=conditions).json() == {"count": 1}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ("id = 7", [7]),
        ("id in (7, 8, 3)", [7, 8]),
        ("id not in (1,2) and id < 7", [5, 6]),
        ("parentTicketId = 1", [2]),
        ("parentTicketId=null and id<=5", [1, 5]),
        ("company/id = null", [2]),
        ('company/name = "ashbrook dental llc" and id < 3', [1]),
        ("company/name='Ashbrook Dental LLC' and id < 3", [1]),
        ("summary like 'Printer 10__'", []),
        ('summary like "Printer 102*" and id < 1023 and summary not like "%1"', [102, 1020, 1022]),
        ('summary contains "THIS"', [1]),
        (r'summary = "Quote \"this\" & that"', [1]),
        ("(id = 5 or id = 6) and closedFlag = false", [5, 6]),
        ("id = 5 or id = 6 and closedFlag = true", [5]),
        ("lastUpdated > [2026-06-19T00:00:00Z]", [1, 2]),  # the parent moves with the child that joined it
        ("_info/lastUpdated>=[2026-06-20T12:00:00Z]", [1, 2]),
        ("dateEntered < [2026-06-01T12:06:00Z]", [1, 5]),
        ("dateEntered <= [2026-06-01T12:05:00.500000]", [1, 5]),
        ("dateEntered > [2026-06-03]", [2]),
        ("status/name in ('New', '>Closed') and owner/identifier = 'rvale' and id < 3", [1, 2]),
        ('status/name="New" and id=6', [6]),
    ],
)  # fmt: skip
def test_conditions_find_what_they_say(connectwise: httpx.Client, conditions: str, expected: list[int]):
    assert found(connectwise, conditions) == expected


@pytest.mark.parametrize(
    "conditions",
    ["nonsense = 1", "company/shoesize = 4", "id >", "id = 1 banana", "(id = 1", "dateEntered > [soon]",
     "configurations/id=1", "dateEntered > 2026", "summary > 5", "lastUpdated = 'yesterday'", "id = $"],
)  # fmt: skip
def test_a_condition_that_makes_no_sense_is_refused_and_says_so(connectwise: httpx.Client, conditions: str):
    answer = connectwise.get("/service/tickets", params={"conditions": conditions})
    assert answer.status_code == 400
    assert answer.json()["code"] == "ApiFindCondition"
    assert answer.json()["message"]


def test_an_unknown_name_is_named_in_the_refusal(connectwise: httpx.Client):
    answer = connectwise.get("/time/entries", params={"conditions": "ticketBoard2 = 1"})
    assert answer.json()["message"] == "ticketBoard2 is not a recognized name."


def test_order_takes_several_names(connectwise: httpx.Client):
    assert found(connectwise, "id<7", orderBy="closedFlag asc, id desc") == [6, 5, 2, 1]
    assert connectwise.get("/service/tickets", params={"orderBy": "nonsense"}).status_code == 400


def test_fields_leave_out_info_unless_it_is_named(connectwise: httpx.Client):
    def shown(fields: str) -> dict[str, Any]:
        return dict(connectwise.get("/service/tickets", params={"fields": fields, "pageSize": 1}).json()[0])

    assert shown("id,status/name") == {"id": 1, "status": {"name": "New"}}
    assert shown("id,_info")["_info"]["lastUpdated"] == "2026-06-20T12:00:00Z"
    assert connectwise.get("/service/tickets", params={"fields": "id,nonsense"}).status_code == 400
    assert connectwise.get("/company/companies", params={"fields": "id,nonsense"}).json() == [{"id": 250}]


def test_a_wrong_key_gets_404_and_a_missing_client_id_401(served: Served):
    known = served.connection("connectwise")
    address = f"{known['base_url']}/service/boards"
    user = f"{known['company_id']}+{known['public_key']}"
    headers = {"clientId": known["client_id"]}
    assert served.http.get(address, auth=(user, "wrong"), headers=headers).status_code == 404
    assert served.http.get(address, auth=("other+key", known["private_key"]), headers=headers).status_code == 404
    assert served.http.get(address, auth=(user, known["private_key"])).status_code == 401
    assert served.http.get(address, headers=headers).json()["message"] == "UserNotAuthenticated"


def test_an_unknown_company_is_null_with_200(served: Served):
    address = f"{served.address}/connectwise/login/companyinfo"
    company = served.connection("connectwise")["company_id"]
    assert served.http.get(f"{address}/nobody").json() is None
    assert served.http.get(f"{address}/{company}").json()["Codebase"] == "v4_6_release/"


def test_the_search_in_post_form_reads_what_a_long_list_of_ids_cannot_ask_by_get(connectwise: httpx.Client):
    conditions = f"id in ({','.join(map(str, range(10_000, 12_000)))}, 9)"
    assert connectwise.get("/service/tickets", params={"conditions": conditions}).status_code == 414
    assert ids(connectwise.post("/service/tickets/search", json={"conditions": conditions})) == [9]
    picked = connectwise.post("/service/tickets/search?fields=id&pageSize=1", json={"conditions": "id > 20"})
    assert picked.json() == [{"id": 21}]
    assert ids(connectwise.post("/project/tickets/search", json={"conditions": "id > 0"})) == [4]


def test_the_creation_stamp_stands_in_info_on_tickets_and_on_top_on_time_entries(connectwise: httpx.Client):
    ticket = connectwise.get("/service/tickets/1").json()
    assert "dateEntered" not in ticket
    assert ticket["_info"]["dateEntered"] == "2026-06-01T12:00:00Z"
    assert connectwise.get("/time/entries/900").json()["dateEntered"] == "2026-06-02T14:00:00Z"


def test_a_ticket_shows_the_state_of_the_clock(served: Served, connectwise: httpx.Client):
    served.set_clock("2026-06-05T00:00:00Z")
    closed = connectwise.get("/service/tickets/1").json()
    assert (closed["status"]["name"], closed["closedDate"]) == (">Closed", "2026-06-03T10:00:00Z")
    assert closed["hasChildTicket"] is False
    served.set_clock("2026-06-11T00:00:00Z")
    reopened = connectwise.get("/service/tickets/1").json()
    assert reopened["closedFlag"] is False
    assert "closedDate" not in reopened


def test_a_deleted_ticket_is_gone_without_a_trace(served: Served, connectwise: httpx.Client):
    answer = connectwise.get("/service/tickets/3")
    assert (answer.status_code, answer.json()["code"]) == (404, "NotFound")
    served.set_clock("2026-06-15T00:00:00Z")
    assert connectwise.get("/service/tickets/3").status_code == 200


def test_a_time_entry_keeps_changing_after_it_was_entered(served: Served, connectwise: httpx.Client):
    now = connectwise.get("/time/entries/900").json()
    assert (now["actualHours"], now["hoursDeduct"], now["status"]) == (0.5, 0.5, "Billed")
    assert now["hourlyCost"] == "42.50"
    served.set_clock("2026-06-05T00:00:00Z")
    before = connectwise.get("/time/entries/900").json()
    assert (before["actualHours"], before["status"]) == (0.75, "Open")
    assert before["_info"]["lastUpdated"] < now["_info"]["lastUpdated"]


def test_an_agreement_shows_its_end_only_once_somebody_recorded_it(served: Served, connectwise: httpx.Client):
    over = connectwise.get("/finance/agreements/5").json()
    assert (over["agreementStatus"], over["endDate"]) == ("Cancelled", "2026-06-30T00:00:00Z")
    served.set_clock("2026-06-01T00:00:00Z")
    running = connectwise.get("/finance/agreements/5").json()
    assert (running["agreementStatus"], running["noEndingDateFlag"]) == ("Active", True)
    assert "endDate" not in running


def test_additions_and_statuses_hang_under_their_parent(served: Served, connectwise: httpx.Client):
    addition = connectwise.get("/finance/agreements/5/additions").json()[0]
    assert (addition["quantity"], addition["extPrice"]) == (14, 175)
    assert connectwise.get("/finance/agreements/5/additions/count").json() == {"count": 1}
    assert connectwise.get("/finance/agreements/6/additions").status_code == 404
    statuses = connectwise.get("/service/boards/1/statuses").json()
    assert [(status["name"], status["closedStatus"]) for status in statuses] == [("New", False), (">Closed", True)]
    served.set_clock("2026-04-01T00:00:00Z")
    assert connectwise.get("/finance/agreements/5/additions").json()[0]["quantity"] == 10


def test_members_include_the_account_that_programs_use(connectwise: httpx.Client):
    kinds = {member["identifier"]: member["licenseClass"] for member in connectwise.get("/system/members").json()}
    assert kinds == {"rvale": "F", "sandboxapi": "A"}
