"""QuickBooks' ways with queries, single reads and changes, as extractors meet them."""

from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import Served


def query(quickbooks: httpx.Client, statement: str) -> dict[str, Any]:
    answer = quickbooks.get("/query", params={"query": statement, "minorversion": 75})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["QueryResponse"])


def ids(quickbooks: httpx.Client, statement: str) -> list[str]:
    response = query(quickbooks, statement)
    return [record["Id"] for rows in response.values() if isinstance(rows, list) for record in rows]


def fault(answer: httpx.Response) -> tuple[int, str, str]:
    problem = answer.json()["Fault"]["Error"][0]
    return answer.status_code, problem["code"], problem["Detail"]


def test_rows_come_oldest_first_with_the_number_of_rows_on_the_page(quickbooks: httpx.Client):
    response = query(quickbooks, "select * from Invoice startposition 2 maxresults 2")
    assert [record["Id"] for record in response["Invoice"]] == ["101", "102"]
    assert (response["startPosition"], response["maxResults"]) == (2, 2)
    assert "totalCount" not in response


def test_a_page_past_the_end_has_no_entity_key(quickbooks: httpx.Client):
    assert query(quickbooks, "select * from Invoice startposition 4") == {}


@pytest.mark.parametrize(
    ("statement", "detail"),
    [
        ("select * from Invoice startposition 0", "value 0 is too small. Min allowed value is 1"),
        ("select * from Invoice maxresults 1001", "value 1001 is too large. Max allowed value is 1000"),
        ("select * from Invoice where PrivateNote = 'x'", "property 'PrivateNote' is not queryable"),
        ("select * from Invoice orderby Line", "property 'Line' is not queryable"),
        ("select * from invoice", "is no entity of this sandbox"),
        ("select * from Invoice where Id = '1' or Id = '2'", "Encountered"),
        ("select * from Invoice where Id != '1'", "Encountered"),
        ("select * from Invoice where TxnDate > 'soon'", "Invalid value"),
        ("drop table Invoice", "Encountered"),
    ],
)
def test_a_statement_beyond_the_language_is_refused_with_400(quickbooks: httpx.Client, statement: str, detail: str):
    status, code, told = fault(quickbooks.get("/query", params={"query": statement}))
    assert (status, code[:3]) == (400, "400")
    assert detail in told


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("TxnDate >= '2026-06-01' AND TxnDate < '2026-06-02'", ["101"]),
        ("Id IN ('100', '102')", ["100", "102"]),
        ("DocNumber LIKE '100%'", ["100", "101", "102"]),
        ("CustomerRef = '7' and Balance > 0", ["101"]),
        ("MetaData.LastUpdatedTime >= '2026-06-20T00:00:00-07:00'", ["101"]),
        ("Metadata.LastUpdatedTime < '2026-06-01T00:00:00Z'", ["100"]),
    ],
)
def test_conditions_find_what_they_say(quickbooks: httpx.Client, where: str, expected: list[str]):
    assert ids(quickbooks, f"SELECT * FROM Invoice WHERE {where}") == expected


def test_order_may_be_written_in_one_word_or_two(quickbooks: httpx.Client):
    newest_first = ["101", "102", "100"]
    for words in ("orderby", "order by"):
        assert ids(quickbooks, f"select * from Invoice {words} MetaData.LastUpdatedTime desc, Id") == newest_first


def test_a_count_has_a_total_and_no_rows(quickbooks: httpx.Client):
    assert query(quickbooks, "select count(*) from Invoice where Balance = 0") == {"totalCount": 2}


def test_inactive_names_are_left_out_unless_asked_for_and_carry_a_mark(quickbooks: httpx.Client):
    assert ids(quickbooks, "select * from Customer") == ["7"]
    every = query(quickbooks, "select * from Customer where Active in (true, false)")["Customer"]
    assert [customer["DisplayName"] for customer in every] == ["Ashbrook Dental", "Walk-in sales (deleted)"]
    assert "61" not in ids(quickbooks, "select * from Account")
    assert ids(quickbooks, "select * from Account where Active = false") == ["61"]


def test_amounts_are_numbers_digit_for_digit_and_ids_are_text(quickbooks: httpx.Client):
    text = quickbooks.get("/invoice/100").text
    assert '"TotalAmt":100.10' in text
    assert '"CustomerRef":{"value":"7"' in text


def test_a_void_invoice_stays_with_nothing_owed(served: Served, quickbooks: httpx.Client):
    void = quickbooks.get("/invoice/102").json()["Invoice"]
    assert (void["TotalAmt"], void["Balance"], void["PrivateNote"]) == (0, 0, "Voided")
    served.set_clock("2026-06-02T20:00:00Z")
    assert quickbooks.get("/invoice/102").json()["Invoice"]["TotalAmt"] == 100.10


def test_a_payment_moves_the_invoice_it_pays(served: Served, quickbooks: httpx.Client):
    served.set_clock("2026-06-25T00:00:00Z")
    paid = quickbooks.get("/invoice/101").json()["Invoice"]
    assert (paid["Balance"], paid["LinkedTxn"]) == (0, [{"TxnId": "201", "TxnType": "Payment"}])
    assert quickbooks.get("/payment/201").json()["Payment"]["UnappliedAmt"] == 20
    served.set_clock("2026-07-02T00:00:00Z")
    reopened = quickbooks.get("/invoice/101").json()["Invoice"]
    assert (reopened["Balance"], reopened["LinkedTxn"]) == (100.10, [])
    assert reopened["MetaData"]["LastUpdatedTime"] > paid["MetaData"]["LastUpdatedTime"]


def test_a_missing_object_is_400_with_code_610(quickbooks: httpx.Client):
    assert fault(quickbooks.get("/invoice/999"))[:2] == (400, "610")


def test_a_deleted_payment_leaves_a_trace_among_the_changes_only(quickbooks: httpx.Client):
    assert ids(quickbooks, "select * from Payment") == ["200"]
    answer = quickbooks.get("/cdc", params={"entities": "Payment,Account", "changedSince": "2026-06-25T00:00:00Z"})
    payments, accounts = answer.json()["CDCResponse"][0]["QueryResponse"]
    assert payments["Payment"][0]["status"] == "Deleted"
    assert accounts == {}
    late = quickbooks.get("/cdc", params={"entities": "Payment", "changedSince": "2026-05-01T00:00:00Z"})
    assert late.status_code == 400


def test_times_carry_the_pacific_offset_of_their_own_season(quickbooks: httpx.Client):
    customer = quickbooks.get("/customer/7").json()["Customer"]
    assert customer["MetaData"]["CreateTime"] == "2025-12-31T22:00:00-08:00"
    invoice = quickbooks.get("/invoice/100").json()
    assert invoice["Invoice"]["MetaData"]["CreateTime"] == "2026-05-01T07:00:00-07:00"
    assert invoice["time"] == "2026-07-06T07:00:00-07:00"


def test_sales_close_with_a_subtotal_that_has_no_id(quickbooks: httpx.Client):
    line, subtotal = quickbooks.get("/creditmemo/300").json()["CreditMemo"]["Line"]
    assert line["SalesItemLineDetail"]["ItemAccountRef"]["value"] == "41"
    assert "Id" not in subtotal
    assert subtotal["Amount"] == line["Amount"]


def test_a_journal_entry_has_positive_amounts_and_says_the_side(quickbooks: httpx.Client):
    lines = quickbooks.get("/journalentry/400").json()["JournalEntry"]["Line"]
    sides = [(line["Amount"], line["JournalEntryLineDetail"]["PostingType"]) for line in lines]
    assert sides == [(900.00, "Debit"), (900.00, "Credit")]


def test_company_info_is_read_under_the_realm_and_every_answer_has_a_tid(served: Served, quickbooks: httpx.Client):
    realm = served.connection("quickbooks")["realm_id"]
    answer = quickbooks.get(f"/companyinfo/{realm}")
    assert answer.json()["CompanyInfo"]["CompanyName"] == "Lanternfield IT"
    assert answer.headers["intuit_tid"]
    assert quickbooks.get("/companyinfo/1").status_code == 400


def test_another_realm_is_403_and_a_bad_token_401_in_lower_case(served: Served, quickbooks: httpx.Client):
    other = served.http.get(
        f"{served.address}/quickbooks/v3/company/1/query",
        headers={"Authorization": quickbooks.headers["Authorization"]},
    )
    assert (other.status_code, other.json()["fault"]["error"][0]["code"]) == (403, "3100")
    bad = served.http.get(f"{quickbooks.base_url}query", headers={"Authorization": "Bearer no"})
    assert (bad.status_code, bad.json()["fault"]["error"][0]["code"]) == (401, "3200")
