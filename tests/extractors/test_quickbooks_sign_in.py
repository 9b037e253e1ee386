"""The first QuickBooks token: a browser comes back to this machine with a code that only we asked for."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from extractors.core.errors import CredentialsRefused, VendorUnavailable
from extractors.core.quickbooks_sign_in import SignIn, revoke, sign_in_with_browser
from tests.extractors.fakes import CONNECTIONS

APP = {name: value for name, value in CONNECTIONS["quickbooks"].items() if not name.startswith("access_")}
TOKENS = {"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 3600}


def intuit(answer: httpx.Response | None = None, asked: list[httpx.Request] | None = None) -> httpx.MockTransport:
    def handler(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        return answer or httpx.Response(200, json=TOKENS)

    return httpx.MockTransport(handler)


@pytest.fixture
def sign_in() -> Iterator[SignIn]:
    with SignIn(APP, port=0) as one:
        yield one


class Browser:
    """A person who follows the link and is sent back with these answers, one after the other."""

    def __init__(self, *answers: dict[str, str]) -> None:
        self.answers = answers
        self.statuses: list[int] = []
        self.thread: threading.Thread | None = None

    def open(self, url: str) -> None:
        question = httpx.URL(url).params
        self.thread = threading.Thread(target=self.come_back, args=(question["redirect_uri"], question["state"]))
        self.thread.start()

    def come_back(self, address: str, state: str) -> None:
        with httpx.Client(trust_env=False) as http:
            for answer in self.answers:
                params = {"state": state} | answer
                self.statuses.append(http.get(address, params=params).status_code)


GOOD = {"code": "code-1", "realmId": "4620816365"}


def connect(browser: Browser, transport: httpx.BaseTransport) -> dict[str, Any]:
    try:
        return sign_in_with_browser(APP, port=0, show=browser.open, transport=transport)
    finally:
        assert browser.thread is not None
        browser.thread.join(10)


def test_the_question_holds_all_that_intuit_wants(sign_in: SignIn) -> None:
    url = httpx.URL(sign_in.authorize_url)
    assert str(url.copy_with(query=None)) == "https://books.test/connect/oauth2"
    assert dict(url.params) == {
        "client_id": "books-client",
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": sign_in.redirect_uri,
        "state": url.params["state"],
    }
    assert len(url.params["state"]) >= 43  # 256 bits
    assert sign_in._listener.server_address[0] == "127.0.0.1"


def test_two_sign_ins_never_share_a_state(sign_in: SignIn) -> None:
    with SignIn(APP, port=0) as other:
        assert httpx.URL(sign_in.authorize_url).params["state"] != httpx.URL(other.authorize_url).params["state"]


def test_a_code_becomes_a_connection_with_its_company() -> None:
    asked: list[httpx.Request] = []
    connection = connect(Browser(GOOD), intuit(asked=asked))
    assert connection["realm_id"] == "4620816365"
    assert connection["refresh_token"] == "refresh-1"
    assert connection["access_token"] == "access-1"
    assert connection["client_secret"] == APP["client_secret"]
    form = dict(httpx.QueryParams(asked[0].content.decode()))
    assert (form["grant_type"], form["code"]) == ("authorization_code", "code-1")
    assert form["redirect_uri"].startswith("http://localhost:")
    assert asked[0].headers["Authorization"].startswith("Basic ")


def test_an_answer_with_another_state_is_turned_away_and_the_right_one_still_counts() -> None:
    browser = Browser({**GOOD, "state": "guessed"}, {**GOOD, "state": ""}, GOOD)
    assert connect(browser, intuit())["realm_id"] == "4620816365"
    assert browser.statuses == [400, 400, 200]


def test_a_state_is_good_once(sign_in: SignIn) -> None:
    state = httpx.URL(sign_in.authorize_url).params["state"]
    answer = {"state": state, "code": "c", "realmId": "1"}
    assert sign_in._listener.offer(answer)
    assert not sign_in._listener.offer(answer)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"error": "access_denied"}, "declined in the browser"),
        ({"code": "code-1"}, "without a code or a company"),
        ({"code": "code-1", "realmId": "../1"}, "without a code or a company"),
        ({"realmId": "1"}, "without a code or a company"),
    ],
    ids=["declined", "no company", "strange company", "no code"],
)
def test_an_answer_that_connects_nothing_says_why(answer: dict[str, str], why: str) -> None:
    with pytest.raises(CredentialsRefused, match=why) as caught:
        connect(Browser(answer), intuit())
    assert "qbr connect quickbooks" in str(caught.value)


def test_a_refused_code_names_no_secret() -> None:
    refusal = httpx.Response(400, json={"error": "invalid_grant", "error_description": "code-1"})
    with pytest.raises(CredentialsRefused, match="invalid_grant") as caught:
        connect(Browser(GOOD), intuit(refusal))
    assert "code-1" not in str(caught.value)


def test_tokens_without_a_refresh_token_are_no_connection() -> None:
    with pytest.raises(CredentialsRefused, match="no refresh token"):
        connect(Browser(GOOD), intuit(httpx.Response(200, json={"access_token": "a"})))


def test_nobody_coming_back_ends_the_wait() -> None:
    clock = iter([0.0, 601.0])
    with (
        SignIn(APP, port=0, clock=lambda: next(clock)) as one,
        pytest.raises(CredentialsRefused, match="within 10 minutes"),
    ):
        one.wait()


def test_a_taken_port_is_named(sign_in: SignIn) -> None:
    port = sign_in._listener.server_port
    with pytest.raises(CredentialsRefused, match=f"port {port} of this machine"):
        SignIn(APP, port=port)


def test_revoking_sends_the_refresh_token_signed_by_the_app() -> None:
    asked: list[httpx.Request] = []
    revoke(APP, transport=intuit(asked=asked))
    assert str(asked[0].url) == APP["revoke_url"]
    assert asked[0].content == b'{"token":"refresh-1"}'
    assert asked[0].headers["Authorization"].startswith("Basic ")


def test_a_token_intuit_no_longer_knows_counts_as_revoked() -> None:
    revoke(APP, transport=intuit(httpx.Response(400, json={"error": "invalid_request"})))


def test_a_revocation_that_failed_says_that_the_tokens_still_work() -> None:
    with pytest.raises(VendorUnavailable, match="still work"):
        revoke(APP, transport=intuit(httpx.Response(503)))


def test_intuit_out_of_reach_is_told() -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(VendorUnavailable, match="could not be reached"):
        revoke(APP, transport=httpx.MockTransport(unreachable))
