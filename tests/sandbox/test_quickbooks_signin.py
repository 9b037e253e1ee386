"""Intuit's sign-in: consent in a browser, codes used once, refresh tokens that replace each other."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.sandbox.conftest import Served

RETURN_TO = "http://localhost:8989/callback"


def asked(served: Served, **changes: str) -> httpx.Response:
    """The answer of the consent page to a browser."""
    known = served.connection("quickbooks")
    query = {
        "client_id": known["client_id"],
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": RETURN_TO,
        "state": "s1",
    }
    return served.http.get(known["auth_url"], params={**query, **changes})


def returned(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"{RETURN_TO}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def token(served: Served, known: dict[str, Any], **form: str) -> httpx.Response:
    return served.http.post(known["token_url"], data=form, auth=(known["client_id"], known["client_secret"]))


def refresh(served: Served, known: dict[str, Any], refresh_token: str) -> httpx.Response:
    return token(served, known, grant_type="refresh_token", refresh_token=refresh_token)


def company(served: Served, known: dict[str, Any], access_token: str) -> int:
    address = f"{known['base_url']}/v3/company/{known['realm_id']}/companyinfo/{known['realm_id']}"
    return served.http.get(address, headers={"Authorization": f"Bearer {access_token}"}).status_code


@pytest.fixture
def known(served: Served) -> dict[str, Any]:
    return served.connection("quickbooks")


def test_consent_sends_the_browser_back_with_code_state_and_realm(served: Served, known: dict[str, Any]):
    answer = returned(asked(served))
    assert (answer["state"], answer["realmId"]) == ("s1", known["realm_id"])
    pair = token(served, known, grant_type="authorization_code", code=answer["code"], redirect_uri=RETURN_TO).json()
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 3600)
    assert company(served, known, pair["access_token"]) == 200


def test_a_code_works_once_with_its_own_address_and_for_ten_minutes(served: Served, known: dict[str, Any]):
    def exchange(code: str, to: str = RETURN_TO) -> int:
        return token(served, known, grant_type="authorization_code", code=code, redirect_uri=to).status_code

    code = returned(asked(served))["code"]
    assert exchange(code, "http://localhost:1/other") == 400
    assert exchange(code) == 200
    assert exchange(code) == 400
    late = returned(asked(served))["code"]
    served.wall.ahead = 601
    assert exchange(late) == 400


def test_consent_goes_back_to_loopback_only(served: Served):
    assert asked(served, redirect_uri="https://elsewhere.example/callback").status_code == 400
    assert asked(served, client_id="unknown").status_code == 400


def test_a_person_may_say_no(served: Served):
    served.set_faults({"kind": "sign_in_denied", "source": "quickbooks"})
    assert returned(asked(served)) == {"error": "access_denied", "state": "s1"}
    assert "code" in returned(asked(served))


def test_a_refresh_replaces_the_refresh_token_and_the_old_one_is_refused(served: Served, known: dict[str, Any]):
    first = known["refresh_token"]
    second = refresh(served, known, first).json()["refresh_token"]
    assert second != first
    refused = refresh(served, known, first)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert refresh(served, known, second).status_code == 200


def test_each_call_for_credentials_begins_a_chain_of_its_own(served: Served, known: dict[str, Any]):
    other = served.connection("quickbooks")
    assert refresh(served, known, known["refresh_token"]).status_code == 200
    assert refresh(served, other, other["refresh_token"]).status_code == 200


def test_when_another_program_refreshed_first_this_one_is_out(served: Served, known: dict[str, Any]):
    served.set_faults({"kind": "rotated_token", "path": "tokens/bearer"})
    assert refresh(served, known, known["refresh_token"]).json()["error"] == "invalid_grant"


def test_access_lasts_an_hour_of_wall_time(served: Served, known: dict[str, Any]):
    pair = refresh(served, known, known["refresh_token"]).json()
    served.wall.ahead = 3590
    assert company(served, known, pair["access_token"]) == 200
    served.wall.ahead = 3601
    assert company(served, known, pair["access_token"]) == 401
    assert refresh(served, known, pair["refresh_token"]).status_code == 200


def test_revoking_ends_both_tokens(served: Served, known: dict[str, Any]):
    pair = refresh(served, known, known["refresh_token"]).json()
    application = (known["client_id"], known["client_secret"])
    answer = served.http.post(known["revoke_url"], json={"token": pair["refresh_token"]}, auth=application)
    assert answer.status_code == 200
    assert company(served, known, pair["access_token"]) == 401
    assert refresh(served, known, pair["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_wrong_application_is_told_so(served: Served, known: dict[str, Any]):
    form = {"grant_type": "refresh_token", "refresh_token": known["refresh_token"]}
    answer = served.http.post(known["token_url"], data=form, auth=(known["client_id"], "wrong"))
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert token(served, known, grant_type="magic").json()["error"] == "unsupported_grant_type"


def test_the_five_year_limit_is_told_to_those_who_ask(served: Served, known: dict[str, Any]):
    answer = served.http.post(
        known["token_url"],
        data={"grant_type": "refresh_token", "refresh_token": known["refresh_token"]},
        auth=(known["client_id"], known["client_secret"]),
        headers={"x-include-refresh-token-hard-expires-in": "true"},
    )
    assert answer.json()["x_refresh_token_hard_expires_in"] > 100_000_000


def test_a_restarted_sandbox_still_takes_the_token_that_was_newest(known: dict[str, Any]):
    """A warehouse keeps the rotated token over night; the demo's second run must not have to sign in again."""
    from sandbox.credentials import Credentials
    from sandbox.quickbooks.signin import SignIn
    from sandbox.tokens import Mint

    restarted = SignIn(Credentials(7), Mint(7, "quickbooks"))
    assert restarted.spend_refresh(known["refresh_token"]) is not None
    assert SignIn(Credentials(8), Mint(8, "quickbooks")).spend_refresh(known["refresh_token"]) is None
