"""A sign-in that sees nothing any more is answered with empty lists: that must not pass for "all of them are gone"."""

from collections.abc import Mapping
from typing import Any

import httpx
import psycopg
import pytest

from extractors.core.client import Answer, ReadClient
from tests.command import qbr


def test_an_empty_list_of_devices_where_some_were_is_a_lost_right_and_deletes_none(
    installation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert qbr("extract", "ninjaone", "devices").exit_code == 0
    asked = ReadClient.get

    def blind(self: ReadClient, path: str, parameters: Mapping[str, str], **rest: Any) -> Answer:
        if path == "/v2/devices-detailed":
            return Answer(b"[]", httpx.Headers())
        return asked(self, path, parameters, **rest)

    monkeypatch.setattr(ReadClient, "get", blind)
    ended = qbr("extract", "ninjaone", "devices")
    assert ended.exit_code == 2
    assert "devices that are known, so none was marked as deleted" in ended.sentence
    with psycopg.connect(installation) as connection:
        counts = connection.execute(
            "select count(*) filter (where deleted_at is null) > 0, count(*) filter (where deleted_at is not null)"
            " from raw_ninjaone.devices"
        ).fetchone()
    assert counts == (True, 0)
