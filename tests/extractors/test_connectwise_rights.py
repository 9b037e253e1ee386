"""What the sentence says when the API member's role is too small for a ConnectWise stream."""

from typing import Any

import httpx
import pytest

from extractors import STREAMS, Stream
from extractors.core.errors import CredentialsRefused, PermissionMissing
from tests.extractors.fakes import ConnectWise, opened

ALL = STREAMS["connectwise"]
NEEDING = [(one, name) for one in ALL for name in one.vendor_fields]


def shown(one: Stream, without: str) -> ConnectWise:
    """A ConnectWise that shows the stream's records, but for one field."""
    record: dict[str, Any] = {"id": 7, "_info": {"lastUpdated": "2026-06-01T00:00:00Z"}}
    record |= {name: "there" for name in one.vendor_fields if name != "_info"}
    record.pop(without)
    parents = {one.parent.path: [{"id": 1}]} if one.parent else {}
    return ConnectWise({**parents, one.path.format(parent=1): [record]})


@pytest.mark.parametrize(("one", "name"), NEEDING, ids=lambda value: getattr(value, "name", value))
def test_a_hidden_field_is_named_with_the_right_that_shows_it(one: Stream, name: str) -> None:
    with opened("connectwise", shown(one, name)) as session, pytest.raises(PermissionMissing) as caught:
        session.preflight([one])
    told = str(caught.value)
    assert f"shows records of {one.name} without {name}" in told
    assert f"grant {one.permission}" in told


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_a_refused_list_is_named_with_its_right(one: Stream) -> None:
    def refusing(request: httpx.Request) -> httpx.Response:
        if one.parent is not None and request.url.path.endswith(one.parent.path):
            return httpx.Response(200, json=[{"id": 1}], headers={"Link": ""})
        return httpx.Response(403, json={"code": "Forbidden", "message": "No access."})

    with opened("connectwise", refusing) as session, pytest.raises(PermissionMissing) as caught:
        session.preflight([one])
    assert f"read {one.name} (HTTP 403, Forbidden)" in str(caught.value)
    assert one.permission in str(caught.value)


def test_an_address_that_an_upgrade_left_behind_is_told_with_where_the_present_one_stands() -> None:
    gone = httpx.Response(404, text="Not Found")
    with opened("connectwise", lambda _: gone) as session, pytest.raises(CredentialsRefused) as caught:
        session.preflight(ALL[:1])
    assert "login/companyinfo/<company id>" in str(caught.value)


def test_what_can_hold_a_secret_is_withheld() -> None:
    withheld = {one.name: one.withheld_fields for one in ALL if one.withheld_fields}
    assert withheld == {"contacts": ("portalPassword",), "members": ("password", "token", "clientId")}
