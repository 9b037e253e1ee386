"""Ids made of several fields: the vendor's own text of each, and never one id for two keys."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors import stream
from extractors.core.children import for_each_parent
from extractors.core.cutting import Cutter
from extractors.core.keys import joined, taken_apart
from extractors.core.records import Record, Rejection
from extractors.core.stream import Stream
from tests.extractors.fakes import ConnectWise, read

PATCHES = replace(stream("ninjaone", "devices"), name="patches", key=("deviceId", "id", "at"), changed_at="timestamp")
CUTTER = Cutter(PATCHES)

texts = st.text(st.characters(codec="utf-8"), min_size=1) | st.text(":%3A25\\", min_size=1)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


def cut(body: bytes) -> Record | Rejection:
    return CUTTER.cut(body)


@given(st.lists(texts, min_size=1))
def test_an_id_can_be_taken_apart_again_so_two_keys_never_share_one(parts: list[str]) -> None:
    assert taken_apart(joined(parts)) == parts


@given(*[texts | numbers] * 3)
def test_each_part_keeps_the_text_the_vendor_gave_it(device: str | float, patch: str | float, at: str | float) -> None:
    piece = cut(json.dumps({"at": at, "other": [1], "id": patch, "deviceId": device}).encode())
    assert isinstance(piece, Record), piece
    assert taken_apart(piece.record_id) == [
        part if isinstance(part, str) else json.dumps(part) for part in (device, patch, at)
    ]


def test_numbers_keep_every_digit() -> None:
    body = b'{"deviceId":7,"id":"9f:x","at": 1742412252.744000000 ,"timestamp":1742412252.744}'
    assert cut(body) == Record(
        "7:9f%3Ax:1742412252.744000000", body, datetime(2025, 3, 19, 19, 24, 12, 744000, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"deviceId":7,"at":1}', "missing required field `id`"),
        (b'{"deviceId":7,"id":null,"at":1}', "id is neither text nor a number"),
        (b'{"deviceId":true,"id":"a","at":1}', "deviceId is neither text nor a number"),
        (b'{"deviceId":7,"id":"a","at":[1]}', "at is neither text nor a number"),
        (b'{"deviceId":7,"id":"","at":1}', "id is empty"),
        (b'{"deviceId":7,"id":"\xff","at":1}', "utf-8"),
    ],
)
def test_a_part_that_is_missing_is_named(body: bytes, reason: str) -> None:
    piece = cut(body)
    assert isinstance(piece, Rejection)
    assert reason in piece.reason
    assert piece.record_id is None


def test_a_bad_change_mark_is_rejected_under_the_whole_id() -> None:
    piece = cut(b'{"deviceId":7,"id":"a","at":1,"timestamp":"soon"}')
    assert isinstance(piece, Rejection)
    assert piece.record_id == "7:a:1"


def test_children_hang_from_one_field_only() -> None:
    boards = replace(stream("connectwise", "boards"), key=("id", "name"))
    child: Stream = replace(stream("connectwise", "board_statuses"), parent=boards, pages=for_each_parent)
    with pytest.raises(ValueError, match="does not say what it hangs from by one field"):
        read("connectwise", ConnectWise({}), child)
