"""Vendors whose paging goes wrong: each way is met with an error or read whole, never taken for a short list.

Every case has cost somebody data; the docstrings say whose.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from extractors import stream
from extractors.core.errors import PagingBroken, VendorUnavailable
from tests.extractors.fakes import ConnectWise, Handler, NinjaOne, QuickBooks, Stripe, ledger_row, read

ROWS = [{"id": number, "name": "x"} for number in range(1, 61)]
TICKETS = replace(stream("connectwise", "tickets"), page_size=20)
DEVICES = replace(stream("ninjaone", "devices"), page_size=20)
CUSTOMERS = replace(stream("stripe", "customers"), page_size=20)
ACCOUNTS = replace(stream("quickbooks", "accounts"), page_size=20)
STRIPE_ROWS = [{"id": f"cus_{number}"} for number in range(60)]
START = datetime(2026, 3, 1, tzinfo=UTC)
LEDGER = [ledger_row(number, START + timedelta(seconds=number)) for number in range(60)]


def refused(source: str, vendor: Handler, mutant_of: Any) -> str:
    """The sentence that stops the read, which must name the vendor and the stream."""
    with pytest.raises(PagingBroken) as caught:
        read(source, vendor, mutant_of)
    error = caught.value
    assert error.object == mutant_of.name
    assert error.vendor in str(error)
    assert mutant_of.name in str(error)
    assert not error.worth_retrying
    return str(error)


def test_a_connectwise_page_of_25_without_a_link_is_no_end() -> None:
    """The default page: clients that asked for more in a way the server overlooked got 25 rows, and stopped."""

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/count"):
            return httpx.Response(200, json={"count": 25})
        return httpx.Response(200, json=ROWS[:25])

    assert "25 rows without a Link header" in refused("connectwise", vendor, replace(TICKETS, page_size=1000))


def test_a_full_connectwise_page_without_a_link_is_no_end() -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/count"):
            return httpx.Response(200, json={"count": 20})
        return httpx.Response(200, json=ROWS[:20])

    assert "without a Link header" in refused("connectwise", vendor, TICKETS)


def test_a_short_connectwise_page_that_claims_the_end_is_held_against_the_count() -> None:
    class Short(ConnectWise):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            return httpx.Response(200, json=rows[:7], headers={"Link": ""})

    assert "7 records where its own count says 60" in refused("connectwise", Short({"/service/tickets": ROWS}), TICKETS)


def test_a_connectwise_link_that_leads_back_to_the_same_page_is_an_error() -> None:
    class Stuck(ConnectWise):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            link = f'<{request.url.copy_merge_params({"pageId": 20})}>; rel="next"'
            return (
                super().page(request, rows[:40])
                if "pageId" not in request.url.params
                else httpx.Response(200, json=rows[20:40], headers={"Link": link})
            )

    assert "the same next page twice" in refused("connectwise", Stuck({"/service/tickets": ROWS}), TICKETS)


def test_a_connectwise_page_sent_twice_under_another_cursor_is_an_error() -> None:
    class Repeating(ConnectWise):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            following = request.url.copy_merge_params({"pageId": int(request.url.params.get("pageId", 0)) + 20})
            return httpx.Response(200, json=rows[:20], headers={"Link": f'<{following}>; rel="next"'})

    assert "does not go beyond" in refused("connectwise", Repeating({"/service/tickets": ROWS}), TICKETS)


def test_a_connectwise_link_without_a_page_id_is_an_error() -> None:
    """Navigable paging came back although forward-only was asked for."""

    class Navigable(ConnectWise):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            return httpx.Response(200, json=rows[:20], headers={"Link": '<https://psa.test/x?page=2>; rel="next"'})

    assert "no pageId" in refused("connectwise", Navigable({"/service/tickets": ROWS}), TICKETS)


def test_a_connectwise_count_that_is_never_reached_is_an_error() -> None:
    class Overcounting(ConnectWise):
        def count(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            return httpx.Response(200, json={"count": len(rows) + 3})

    message = refused("connectwise", Overcounting({"/service/tickets": ROWS}), TICKETS)
    assert "60 records where its own count says 63" in message


def test_connectwise_rows_deleted_during_the_read_are_no_shortage() -> None:
    class Shrinking(ConnectWise):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            answer = super().page(request, rows)
            if "pageId" in request.url.params:
                rows[:] = [row for row in rows if row["id"] != 50]
            return answer

    seen, reading = read("connectwise", Shrinking({"/service/tickets": list(ROWS)}), TICKETS)
    assert set(seen) == {str(number) for number in range(1, 61) if number != 50}
    assert reading.certificate.vendor_count == 59


def test_a_connectwise_row_repeated_at_the_page_border_is_read_once() -> None:
    class Overlapping(ConnectWise):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            asked = request.url.params
            return super().page(
                httpx.Request(
                    "GET", request.url.copy_merge_params({"pageId": max(0, int(asked.get("pageId", 0)) - 1)})
                ),
                rows,
            )

    seen, _ = read("connectwise", Overlapping({"/service/tickets": ROWS}), TICKETS)
    assert seen == [str(row["id"]) for row in ROWS]


def test_an_empty_last_connectwise_page_is_an_end() -> None:
    class OneMore(ConnectWise):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            answer = super().page(request, rows)
            if answer.json() and not answer.headers["Link"]:
                following = request.url.copy_merge_params({"pageId": answer.json()[-1]["id"]})
                answer.headers["Link"] = f'<{following}>; rel="next"'
            return answer

    seen, _ = read("connectwise", OneMore({"/service/tickets": ROWS}), TICKETS)
    assert len(seen) == 60


def test_a_ninjaone_list_that_ignores_after_is_an_error() -> None:
    """It answers every question with its first page."""

    def vendor(request: httpx.Request) -> httpx.Response:
        return NinjaOne(ROWS)(httpx.Request(request.method, request.url.copy_remove_param("after")))

    assert "does not go beyond" in refused("ninjaone", vendor, DEVICES)


def test_a_ninjaone_server_that_gives_100_rows_a_page_is_read_whole() -> None:
    """The page size was not honoured, a short page taken for the end: every organization had exactly 100 devices."""
    rows = [{"id": number} for number in range(1, 1116)]
    seen, _ = read("ninjaone", NinjaOne(rows, cap=100), stream("ninjaone", "devices"))
    assert len(seen) == 1115


def test_ninjaone_ids_that_do_not_ascend_are_an_error() -> None:
    pages = [ROWS[30:50], [*ROWS[50:60], ROWS[3]], []]

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t"})
        return httpx.Response(200, json=pages.pop(0))

    assert "do not ascend" in refused("ninjaone", vendor, DEVICES)


def test_an_empty_ninjaone_body_is_an_empty_list() -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"access_token": "t"}) if request.method == "POST" else httpx.Response(204)

    seen, reading = read("ninjaone", vendor, DEVICES)
    assert seen == []
    assert reading.certificate.is_complete_set


def test_an_object_where_ninjaone_sends_a_list_is_an_error() -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t"})
        return httpx.Response(200, json={"resultCode": "FAILURE", "errorMessage": "ninja-secret-value"})

    assert "ninja-secret-value" not in refused("ninjaone", vendor, DEVICES)


def test_a_stripe_list_that_ignores_starting_after_is_an_error() -> None:
    def vendor(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": STRIPE_ROWS[:20], "has_more": True})

    assert "once more" in refused("stripe", vendor, CUSTOMERS)


def test_a_stripe_list_that_goes_in_circles_is_an_error() -> None:
    def vendor(request: httpx.Request) -> httpx.Response:
        start = 20 if request.url.params.get("starting_after") in {None, "cus_59"} else 40
        start = 0 if request.url.params.get("starting_after") == "cus_59" else start
        return httpx.Response(200, json={"data": STRIPE_ROWS[start : start + 20], "has_more": True})

    assert "the same cursor twice" in refused("stripe", vendor, CUSTOMERS)


def test_an_empty_stripe_page_where_more_was_announced_is_an_error() -> None:
    """Seen with created filters: the rest of the cursor's second was lost (stripe/sync-engine)."""

    def vendor(request: httpx.Request) -> httpx.Response:
        is_first = "starting_after" not in request.url.params
        return httpx.Response(200, json={"data": STRIPE_ROWS[:20] if is_first else [], "has_more": is_first})

    assert "empty page" in refused("stripe", vendor, CUSTOMERS)


def test_a_stripe_row_repeated_at_the_page_border_is_read_once() -> None:
    class Overlapping(Stripe):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            answer = super().page(request, rows).json()
            if after := request.url.params.get("starting_after"):
                answer["data"].insert(0, {"id": after})
            return httpx.Response(200, json=answer)

    seen, _ = read("stripe", Overlapping({"/v1/customers": STRIPE_ROWS}), CUSTOMERS)
    assert seen == [row["id"] for row in STRIPE_ROWS]


def test_a_stripe_answer_without_has_more_is_an_error() -> None:
    assert "another shape" in refused("stripe", lambda _: httpx.Response(200, json={"data": []}), CUSTOMERS)


def test_a_quickbooks_page_cut_at_100_is_held_against_the_count() -> None:
    """The default MAXRESULTS: a tool that stopped there lost the newest rows of 17,940 invoices."""

    class Clamping(QuickBooks):
        def page(self, entity: str, rows: list[dict[str, Any]], shown: list[dict[str, Any]]) -> httpx.Response:
            return super().page(entity, rows, shown[:10])

    assert "10 records where its own count says 60" in refused("quickbooks", Clamping({"Account": LEDGER}), ACCOUNTS)


def test_a_quickbooks_page_sent_twice_is_an_error() -> None:
    class Repeating(QuickBooks):
        def page(self, entity: str, rows: list[dict[str, Any]], shown: list[dict[str, Any]]) -> httpx.Response:
            return super().page(entity, rows, LEDGER[:20])

    assert "before the time it was asked for" in refused("quickbooks", Repeating({"Account": LEDGER}), ACCOUNTS)


def test_a_quickbooks_second_that_repeats_its_first_page_is_an_error() -> None:
    same_second = [ledger_row(number, START) for number in range(60)]

    class Repeating(QuickBooks):
        def page(self, entity: str, rows: list[dict[str, Any]], shown: list[dict[str, Any]]) -> httpx.Response:
            return super().page(entity, rows, same_second[:20])

    assert "nothing new" in refused("quickbooks", Repeating({"Account": same_second}), ACCOUNTS)


def test_a_quickbooks_row_changed_during_the_read_moves_no_other_row_out_of_sight() -> None:
    """By position alone the row after the page border would be skipped: the changed row leaves its place to others."""

    class Moving(QuickBooks):
        def page(self, entity: str, rows: list[dict[str, Any]], shown: list[dict[str, Any]]) -> httpx.Response:
            answer = super().page(entity, rows, shown)
            self.entities["Account"][3] = ledger_row(3, START + timedelta(days=1))
            return answer

    seen, _ = read("quickbooks", Moving({"Account": list(LEDGER)}), ACCOUNTS)
    assert set(seen) == {str(number) for number in range(60)}
    assert seen.count("3") == 2
    assert seen[-1] == "3"


def test_an_empty_quickbooks_answer_is_an_empty_list() -> None:
    seen, reading = read("quickbooks", QuickBooks({"Account": []}), ACCOUNTS)
    assert seen == []
    assert reading.certificate.vendor_count == 0


def test_rows_of_another_quickbooks_entity_are_an_error() -> None:
    class Mixed(QuickBooks):
        def page(self, entity: str, rows: list[dict[str, Any]], shown: list[dict[str, Any]]) -> httpx.Response:
            return super().page("Vendor", rows, shown)

    assert "no Account" in refused("quickbooks", Mixed({"Account": LEDGER}), ACCOUNTS)


def test_a_page_that_is_not_json_is_a_failure_worth_another_run() -> None:
    def vendor(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="<html>restricted-key-value</html>")

    with pytest.raises(VendorUnavailable, match="not JSON") as caught:
        read("stripe", vendor, CUSTOMERS)
    assert "restricted-key-value" not in str(caught.value)


def test_a_ninjaone_page_without_one_id_is_an_error() -> None:
    rows = [{"name": "no id"}, {"name": "none either"}]

    def vendor(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"access_token": "t"} if request.method == "POST" else rows)

    assert "without one usable id" in refused("ninjaone", vendor, DEVICES)


def test_a_rejected_ninjaone_record_still_moves_the_cursor() -> None:
    rows = [{"id": number, "lastUpdate": "yesterday"} for number in range(1, 61)]
    seen, reading = read("ninjaone", NinjaOne(rows), DEVICES)
    assert seen == []
    assert reading.certificate.rejected == 60


def test_an_empty_connectwise_page_that_names_a_next_one_is_an_error() -> None:
    class Hollow(ConnectWise):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            following = request.url.copy_merge_params({"pageId": int(request.url.params.get("pageId", 0)) + 20})
            return httpx.Response(200, json=[], headers={"Link": f'<{following}>; rel="next"'})

    assert "an empty page that names a next one" in refused("connectwise", Hollow({"/service/tickets": ROWS}), TICKETS)


def test_a_stripe_list_that_goes_on_after_an_object_without_an_id_is_an_error() -> None:
    def vendor(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": [*STRIPE_ROWS[:19], {"name": "no id"}], "has_more": True})

    assert "without an id" in refused("stripe", vendor, CUSTOMERS)


def test_a_nested_stripe_list_that_ends_too_early_is_an_error() -> None:
    """The lines after the tenth were lost (dj-stripe)."""

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/invoices":
            lines = {"data": [{"id": f"il_{number}"} for number in range(10)], "has_more": True}
            return httpx.Response(200, json={"data": [{"id": "in_1", "lines": lines}], "has_more": False})
        return httpx.Response(200, json={"data": [], "has_more": False})

    assert "empty page" in refused("stripe", vendor, stream("stripe", "invoice_lines"))


def test_full_quickbooks_pages_without_change_times_are_an_error() -> None:
    class Timeless(QuickBooks):
        def page(self, entity: str, rows: list[dict[str, Any]], shown: list[dict[str, Any]]) -> httpx.Response:
            return super().page(entity, rows, [{"Id": row["Id"]} for row in shown])

    assert "without change times" in refused("quickbooks", Timeless({"Account": LEDGER}), ACCOUNTS)


def test_a_quickbooks_total_that_is_missing_is_an_error() -> None:
    class Countless(QuickBooks):
        def count(self, rows: list[dict[str, Any]]) -> httpx.Response:
            return httpx.Response(200, json={"QueryResponse": {}})

    assert "no total" in refused("quickbooks", Countless({"Account": LEDGER}), ACCOUNTS)


def test_a_connectwise_parent_without_an_id_is_an_error() -> None:
    """Its children would be missing from a list that passes for whole."""

    def vendor(request: httpx.Request) -> httpx.Response:
        body = {"count": 1} if request.url.path.endswith("/count") else [{"name": "Help Desk"}]
        return httpx.Response(200, json=body, headers={"Link": ""})

    assert "without an id" in refused("connectwise", vendor, stream("connectwise", "board_statuses"))


def test_more_than_one_object_where_there_is_one_is_an_error() -> None:
    answer = {"CompanyInfo": {"Id": "1"}, "Preferences": {"Id": "2"}}
    message = refused("quickbooks", lambda _: httpx.Response(200, json=answer), stream("quickbooks", "company_info"))
    assert "2 objects where there is one" in message
