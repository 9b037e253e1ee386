"""Signing in to each vendor, and what happens when a token is refused, rotated or raced for."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from extractors import SOURCES, stream
from extractors.core.auth import ClientCredentials, RotatingRefresh
from extractors.core.errors import CredentialsRefused, VendorUnavailable
from tests.extractors.fakes import CONNECTIONS, ConnectWise, MemoryStore, NinjaOne, Stripe, opened, read

BOOKS = CONNECTIONS["quickbooks"]
EXPIRED = {**BOOKS, "access_token": None, "access_expires_at": None}


class Intuit:
    """A token endpoint that rotates, and an API that takes the newest access token only."""

    def __init__(self) -> None:
        self.refresh = "refresh-1"
        self.access = "access-1"
        self.refreshes = 0
        self.seen: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            form = dict(httpx.QueryParams(request.content.decode()))
            if form != {"grant_type": "refresh_token", "refresh_token": self.refresh}:
                return httpx.Response(400, json={"error": "invalid_grant", "error_description": form["refresh_token"]})
            self.refreshes += 1
            self.refresh, self.access = f"refresh-{self.refreshes + 1}", f"access-{self.refreshes + 1}"
            return httpx.Response(
                200, json={"access_token": self.access, "refresh_token": self.refresh, "expires_in": 3600}
            )
        self.seen.append(request.headers["Authorization"])
        if request.headers["Authorization"] != f"Bearer {self.access}":
            fault = {"fault": {"error": [{"message": "AuthenticationFailed", "code": "3200"}]}}
            return httpx.Response(401, json=fault)
        return httpx.Response(200, json={"CompanyInfo": {"Id": "1", "CompanyName": "Lanternfield IT"}})


def company(vendor: Any, **options: Any) -> list[str]:
    return read("quickbooks", vendor, stream("quickbooks", "company_info"), **options)[0]


def test_connectwise_signs_with_company_plus_public_key_and_the_client_id() -> None:
    vendor = ConnectWise({"/service/boards": []})
    read("connectwise", vendor, stream("connectwise", "boards"))
    sent = vendor.asked[0].headers
    assert (
        base64.b64decode(sent["Authorization"].removeprefix("Basic ")) == b"lantern+public-key-value:private-key-value"
    )
    assert sent["clientId"] == "integration-id"
    assert sent["Accept"] == "application/vnd.connectwise.com+json; version=2026.4"


def test_stripe_signs_with_the_key_and_pins_the_version() -> None:
    vendor = Stripe({"/v1/customers": []})
    read("stripe", vendor, stream("stripe", "customers"))
    assert vendor.asked[0].headers["Authorization"] == "Bearer restricted-key-value"
    assert vendor.asked[0].headers["Stripe-Version"] == "2026-10-28.endive"


def test_ninjaone_asks_for_the_monitoring_scope_and_no_more() -> None:
    forms: list[dict[str, str]] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            forms.append(dict(httpx.QueryParams(request.content.decode())))
        return NinjaOne([])(request)

    read("ninjaone", vendor, stream("ninjaone", "devices"))
    assert forms == [
        {
            "grant_type": "client_credentials",
            "client_id": "ninja-client",
            "client_secret": "ninja-secret-value",
            "scope": "monitoring",
        }
    ]


def ninja(clock: list[float]) -> ClientCredentials:
    return ClientCredentials(
        vendor="NinjaOne",
        advice="",
        token_url="https://rmm.test/token",
        client_id="c",
        client_secret="s",
        scope="monitoring",
        clock=lambda: clock[0],
    )


def test_a_token_is_used_until_shortly_before_it_lapses() -> None:
    clock, tokens = [0.0], 0

    def vendor(request: httpx.Request) -> httpx.Response:
        nonlocal tokens
        if request.method == "POST":
            tokens += 1
            return httpx.Response(200, json={"access_token": f"t{tokens}", "expires_in": 3600})
        return httpx.Response(200, text=request.headers["Authorization"])

    with httpx.Client(auth=ninja(clock), transport=httpx.MockTransport(vendor)) as http:
        sent = []
        for clock[0] in (0.0, 3000.0, 3301.0):
            sent.append(http.get("https://rmm.test/v2/devices").text)
    assert sent == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_a_refused_token_is_replaced_once_and_a_second_refusal_is_final() -> None:
    calls: list[str] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        calls.append(request.method)
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        return httpx.Response(401)

    with pytest.raises(CredentialsRefused):
        read("ninjaone", vendor, stream("ninjaone", "devices"))
    assert calls == ["POST", "GET", "POST", "GET"]


def test_a_refused_sign_in_names_the_vendor_and_the_cure_but_not_the_secret() -> None:
    def vendor(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"error": "invalid_client", "error_description": "ninja-secret-value"})

    with pytest.raises(
        CredentialsRefused, match=r"NinjaOne refused the sign-in \(HTTP 401, invalid_client\)"
    ) as caught:
        read("ninjaone", vendor, stream("ninjaone", "devices"))
    assert "qbr connect ninjaone" in str(caught.value)
    assert "ninja-secret-value" not in str(caught.value)


def test_a_sign_in_answered_by_a_gateway_page_is_worth_another_try() -> None:
    with pytest.raises(VendorUnavailable):
        read("ninjaone", lambda _: httpx.Response(200, text="<html>"), stream("ninjaone", "devices"))


def test_a_stored_quickbooks_token_is_used_without_a_refresh() -> None:
    vendor = Intuit()
    assert company(vendor) == ["1"]
    assert vendor.refreshes == 0


def test_a_lapsed_quickbooks_token_is_refreshed_before_the_first_call() -> None:
    vendor = Intuit()
    company(vendor, connection=EXPIRED)
    assert vendor.seen == ["Bearer access-2"]


def test_the_rotated_token_is_stored_before_it_is_used() -> None:
    """The wide-spread way to lose a connection: the new token was used first and lost in a crash."""
    vendor = Intuit()
    store = MemoryStore(dict(EXPIRED))

    def watching(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            assert store.connection["refresh_token"] == vendor.refresh
            assert store.connection["access_token"] == request.headers["Authorization"].removeprefix("Bearer ")
        return vendor(request)

    company(watching, connection=EXPIRED, token_store=store)
    assert [set(saved) for saved in store.saved] == [{"access_token", "access_expires_at", "refresh_token"}]
    assert datetime.fromisoformat(store.saved[0]["access_expires_at"]) > datetime.now(UTC) + timedelta(minutes=50)


def test_a_quickbooks_401_is_met_with_one_refresh_and_one_more_try() -> None:
    vendor = Intuit()
    vendor.access = "access-of-another-hour"
    assert company(vendor) == ["1"]
    assert vendor.seen == ["Bearer access-1", "Bearer access-2"]


def test_a_second_quickbooks_401_is_final() -> None:
    vendor = Intuit()

    def refusing(request: httpx.Request) -> httpx.Response:
        return vendor(request) if request.method == "POST" else httpx.Response(401)

    with pytest.raises(CredentialsRefused, match="qbr connect quickbooks"):
        company(refusing)
    assert vendor.refreshes == 1


def test_a_dead_refresh_token_says_sign_in_again() -> None:
    vendor = Intuit()
    vendor.refresh = "rotated-by-somebody-else"
    with pytest.raises(CredentialsRefused, match="invalid_grant") as caught:
        company(vendor, connection=EXPIRED)
    assert "Sign in again: qbr connect quickbooks" in str(caught.value)
    assert "refresh-1" not in str(caught.value)


def test_a_kept_refresh_token_stays_stored() -> None:
    """QuickBooks sends the same one back within a day, or none."""
    store = MemoryStore(dict(EXPIRED))

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "access-2", "expires_in": 3600})
        return httpx.Response(200, json={"CompanyInfo": {"Id": "1"}})

    company(vendor, connection=EXPIRED, token_store=store)
    assert store.connection["refresh_token"] == "refresh-1"


def test_fifty_readers_with_one_lapsed_token_refresh_it_once() -> None:
    vendor, lock, gate = Intuit(), threading.Lock(), threading.Barrier(50)

    class Locked(MemoryStore):
        @contextmanager
        def exclusive(self) -> Iterator[MemoryStore]:
            with lock:
                yield self

    store = Locked(dict(EXPIRED))
    failures: list[BaseException] = []

    def reader() -> None:
        auth = RotatingRefresh(vendor="QuickBooks", advice="", connection=EXPIRED, store=store)
        gate.wait()
        try:
            with httpx.Client(auth=auth, transport=httpx.MockTransport(vendor)) as http:
                assert http.get("https://books.test/companyinfo").status_code == 200
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=reader) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert vendor.refreshes == 1


def test_a_refresh_that_breaks_off_gives_the_lock_back() -> None:
    store = MemoryStore(dict(EXPIRED))
    held = 0

    class Watched(MemoryStore):
        @contextmanager
        def exclusive(self) -> Iterator[MemoryStore]:
            nonlocal held
            held += 1
            try:
                yield self
            finally:
                held -= 1

    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(VendorUnavailable):
        company(unreachable, connection=EXPIRED, token_store=Watched(store.connection))
    assert held == 0


def test_quickbooks_without_a_place_for_its_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="token store"):
        opened("quickbooks", Intuit(), token_store=None)


@pytest.mark.parametrize("source", sorted(CONNECTIONS))
def test_an_incomplete_connection_says_what_is_missing(source: str) -> None:
    with pytest.raises(CredentialsRefused, match="lacks base_url"):
        opened(source, lambda _: httpx.Response(200), connection={**CONNECTIONS[source], "base_url": ""})


def test_keys_are_never_sent_in_the_clear() -> None:
    with pytest.raises(CredentialsRefused, match="not https"):
        opened("stripe", lambda _: httpx.Response(200), connection={"base_url": "http://billing.test", "api_key": "k"})


def test_this_machine_may_be_addressed_in_the_clear() -> None:
    opened(
        "stripe", lambda _: httpx.Response(200), connection={"base_url": "http://127.0.0.1:1", "api_key": "k"}
    ).close()


def test_the_token_before_is_tried_when_the_present_one_never_worked() -> None:
    """The vendor's answer may have been damaged on its way; the one before is honoured for up to a day."""
    store = MemoryStore(dict(CONNECTIONS["quickbooks"]))
    store.connection |= {
        "access_token": None,
        "refresh_token": "refresh-damaged",
        "previous_refresh_token": "refresh-1",
    }
    tried: list[str] = []

    def vendor(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200 if request.headers["Authorization"] == "Bearer access-2" else 401)
        tried.append(parse_qs(request.content.decode())["refresh_token"][0])
        if tried[-1] != "refresh-1":
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(200, json={"access_token": "access-2", "refresh_token": "refresh-2"})

    sign_in = SOURCES["quickbooks"].sign_in(store.connection, store)
    with httpx.Client(transport=httpx.MockTransport(vendor), auth=sign_in) as client:
        assert client.get("https://books.test/things").status_code == 200
    assert tried == ["refresh-damaged", "refresh-1"]
    assert store.connection["refresh_token"] == "refresh-2"
