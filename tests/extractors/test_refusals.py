"""What a vendor's refusal becomes: the right kind of error, in a sentence, without a secret."""

from typing import Any

import httpx
import pytest

from extractors import stream
from extractors.core.errors import (
    CredentialsRefused,
    PermissionMissing,
    RequestRejected,
    VendorError,
    VendorUnavailable,
    plain_code,
)
from tests.extractors.fakes import CONNECTIONS, ConnectWise, NinjaOne, Stripe, opened, read

FIRST = {
    "ninjaone": "organizations",
    "connectwise": "boards",
    "stripe": "customers",
    "quickbooks": "company_info",
}
SECRETS = [
    str(value)
    for connection in CONNECTIONS.values()
    for name, value in connection.items()
    if name in {"client_secret", "private_key", "api_key", "refresh_token", "access_token"}
]


def refused(source: str, answer: httpx.Response | Exception) -> VendorError:
    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "access-1", "expires_in": 3600})
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(VendorError) as caught:
        read(source, vendor, stream(source, FIRST[source]))
    return caught.value


@pytest.mark.parametrize("source", sorted(FIRST))
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRejected),
        (401, CredentialsRefused),
        (403, PermissionMissing),
        (410, RequestRejected),
        (429, VendorUnavailable),
        (503, VendorUnavailable),
    ],
)
@pytest.mark.parametrize("body", ["{}", "<html><body>Cannot</body></html>", ""], ids=["json", "html", "empty"])
def test_the_status_decides_the_kind_of_error_whatever_the_body(
    source: str, status: int, kind: type[VendorError], body: str
) -> None:
    error = refused(source, httpx.Response(status, text=body))
    assert type(error) is kind
    assert error.status == status
    assert error.object == FIRST[source]
    assert f"HTTP {status}" in str(error)
    assert error.vendor in str(error)
    assert error.worth_retrying is (kind is VendorUnavailable)


@pytest.mark.parametrize("source", sorted(FIRST))
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_no_error_ever_holds_a_secret_or_a_body(source: str, status: int) -> None:
    echo = " ".join(SECRETS)
    bodies: list[dict[str, Any]] = [
        {"error": echo, "error_description": echo},
        {"error": {"code": echo, "message": echo}},
        {"code": echo, "message": echo},
        {"Fault": {"Error": [{"code": echo, "Detail": echo}]}},
    ]
    for body in bodies:
        error = refused(source, httpx.Response(status, json=body, headers={"request-id": echo, "intuit_tid": echo}))
        assert not any(secret in str(error) + repr(error.__dict__) for secret in SECRETS)


def test_the_vendors_code_and_request_id_are_told() -> None:
    body = {"error": {"type": "invalid_request_error", "code": "parameter_unknown", "message": "..."}}
    error = refused("stripe", httpx.Response(400, json=body, headers={"Request-Id": "req_8Xk2"}))
    assert "(HTTP 400, parameter_unknown, request req_8Xk2)" in str(error)


def test_a_missing_right_is_named() -> None:
    error = refused("connectwise", httpx.Response(403, text="Cannot process this request"))
    assert "System > Table Setup: Inquire All" in str(error)


def test_a_first_404_from_connectwise_is_taken_for_bad_keys() -> None:
    error = refused("connectwise", httpx.Response(404, json={"code": "NotFound"}))
    assert isinstance(error, CredentialsRefused)
    assert "404 to a wrong company or key" in str(error)


def test_a_later_404_from_connectwise_is_what_it_says() -> None:
    class Vanishing(ConnectWise):
        def page(self, request: httpx.Request, rows: list[dict[str, Any]]) -> httpx.Response:
            return httpx.Response(404, json={"code": "NotFound"})

    with pytest.raises(RequestRejected):
        read("connectwise", Vanishing({"/service/boards": []}), stream("connectwise", "boards"))


def test_a_first_404_elsewhere_is_no_credential_question() -> None:
    assert isinstance(refused("stripe", httpx.Response(404)), RequestRejected)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectError("refused"), "could not be reached"),
        (httpx.ReadTimeout("slow"), "did not answer in time"),
        (httpx.RemoteProtocolError("half a body"), "broke off the connection"),
    ],
)
def test_a_vendor_out_of_reach_is_named_with_its_address(error: Exception, words: str) -> None:
    told = refused("stripe", error)
    assert isinstance(told, VendorUnavailable)
    assert words in str(told)
    assert "https://billing.test" in str(told)


FAULTS = [
    (200, '{"Fault":{"Error":[{"Message":"m","code":"4000"}],"type":"ValidationFault"}}', RequestRejected),
    (200, '{"Fault":{"Error":[{"Message":"m"}]}}', RequestRejected),
    (200, '{"fault":{"error":[{"message":"m","code":"3200"}],"type":"AUTHENTICATION"}}', CredentialsRefused),
    (200, '{"Fault":{"Error":[{"code":"003001"}]}}', VendorUnavailable),
    (403, '{"fault":{"error":[{"code":"3100"}]}}', PermissionMissing),
    (400, '{"Fault":{"Error":[{"code":"5020"}]}}', PermissionMissing),
    (400, '{"Fault":{"Error":[{"code":"4001"}]}}', RequestRejected),
    (500, '{"Fault":{"Error":[{"code":"10000"}]}}', VendorUnavailable),
    (429, '<IntuitResponse><Fault type="SERVICE"><Error code="3001"/></Fault></IntuitResponse>', VendorUnavailable),
    (502, "<html>Bad gateway</html>", VendorUnavailable),
]


@pytest.mark.parametrize(
    ("status", "body", "kind"), FAULTS, ids=[f"{status}-{body[:45]}" for status, body, _ in FAULTS]
)
def test_a_quickbooks_fault_counts_whatever_status_it_comes_under(
    status: int, body: str, kind: type[VendorError]
) -> None:
    """A refusal under HTTP 200 was once stored as data; throttling comes as XML although JSON was asked for."""
    assert type(refused("quickbooks", httpx.Response(status, text=body))) is kind


def test_the_word_fault_inside_a_record_is_no_fault() -> None:
    body = {"CompanyInfo": {"Id": "1", "Note": '"Fault" and "fault"', "Fault": {"Error": [{"code": "3200"}]}}}
    seen, _ = read("quickbooks", lambda _: httpx.Response(200, json=body), stream("quickbooks", "company_info"))
    assert seen == ["1"]


@pytest.mark.parametrize("value", ["invalid_grant", "ApiFindCondition", "rate_limit", 3200, "003200"])
def test_a_short_word_or_number_passes_as_a_code(value: object) -> None:
    assert plain_code(value) == str(value)


@pytest.mark.parametrize("value", [None, {}, "two words", "x" * 41, "a=b", "1234567", "", ["x"]])
def test_anything_longer_or_stranger_does_not(value: object) -> None:
    assert plain_code(value) is None


def test_preflight_passes_when_everything_may_be_read() -> None:
    vendor = NinjaOne([{"id": 1, "name": "Harbor", "organizationId": 1, "nodeClass": "MAC"}])
    with opened("ninjaone", vendor) as session:
        session.preflight([stream("ninjaone", name) for name in ("organizations", "locations", "devices")])
    assert {asked["pageSize"] for asked in vendor.asked} == {"10"}


def test_preflight_names_the_fields_that_a_role_hides() -> None:
    """A role that is too small sent tickets without owners, which were reported as unassigned."""
    vendor = ConnectWise({"/service/tickets": [{"id": 1, "summary": "x", "board": None, "_info": {}}]})
    with opened("connectwise", vendor) as session, pytest.raises(PermissionMissing, match="without board, status") as e:
        session.preflight([stream("connectwise", "tickets")])
    assert "Service Desk > Service Tickets: Inquire All" in str(e.value)


def test_preflight_says_nothing_about_an_empty_list() -> None:
    vendor = Stripe({"/v1/invoices": [], "/v1/subscriptions": [], "/v1/events": []})
    with opened("stripe", vendor) as session:
        session.preflight([stream("stripe", name) for name in ("invoices", "invoice_lines", "subscription_items")])


def test_preflight_looks_into_the_first_parents_list() -> None:
    lists: dict[str, list[dict[str, Any]]] = {
        "/service/boards": [{"id": 4, "name": "Help Desk"}],
        "/service/boards/4/statuses": [{"id": 9}],
    }
    with opened("connectwise", ConnectWise(lists)) as session, pytest.raises(PermissionMissing, match="without name"):
        session.preflight([stream("connectwise", "board_statuses")])


def test_preflight_reads_quickbooks_entities_and_reports() -> None:
    asked = []

    def vendor(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path.rsplit("/", 1)[-1])
        if asked[-1] == "query":
            return httpx.Response(
                200, json={"QueryResponse": {"Account": [{"Id": "1", "Name": "x", "AccountType": "y"}]}}
            )
        return httpx.Response(200, json={"CompanyInfo": {"Id": "1", "CompanyName": "x"}, "time": "t"})

    with opened("quickbooks", vendor) as session:
        session.preflight([stream("quickbooks", name) for name in ("company_info", "accounts", "profit_and_loss")])
    assert asked == ["4620816365", "query", "ProfitAndLoss"]
