"""How an answer becomes records: the vendor's own text, its key and its change mark, and what does not fit."""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from extractors import stream
from extractors.core.cutting import Cutter
from extractors.core.records import Record, Rejection

TICKETS = Cutter(stream("connectwise", "tickets"))
DEVICES = Cutter(stream("ninjaone", "devices"))
INVOICES = Cutter(stream("quickbooks", "invoices"))
MEMBERS = Cutter(stream("connectwise", "members"))


def record(cutter: Cutter, body: bytes) -> Record:
    piece = cutter.cut(body)
    assert isinstance(piece, Record), piece
    return piece


def rejection(cutter: Cutter, body: bytes) -> Rejection:
    piece = cutter.cut(body)
    assert isinstance(piece, Rejection), piece
    return piece


def test_a_body_is_the_vendors_own_text_to_the_byte() -> None:
    body = b'{"id": 7,  "hours":1.50,"note":"caf\xc3\xa9 \\u00e9", "_info":{"lastUpdated":"2026-06-01T08:00:00Z"}}'
    page = msgspec.json.decode(b"[" + body + b"]", type=list[msgspec.Raw])
    assert TICKETS.cut_all(page).records == [Record("7", body, datetime(2026, 6, 1, 8, tzinfo=UTC))]


def test_a_change_mark_with_an_offset_becomes_utc() -> None:
    body = b'{"Id":"1","MetaData":{"LastUpdatedTime":"2026-03-08T23:30:00-08:00"}}'
    assert record(INVOICES, body).source_updated_at == datetime(2026, 3, 9, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("stamp", ["1742412252.744000000", "1742412252744"])
def test_epoch_seconds_and_milliseconds_are_told_apart(stamp: str) -> None:
    body = f'{{"id":1,"lastUpdate":{stamp}}}'.encode()
    assert record(DEVICES, body).source_updated_at == datetime(2025, 3, 19, 19, 24, 12, 744000, tzinfo=UTC)


@pytest.mark.parametrize("body", [b'{"id":1}', b'{"id":1,"_info":null}', b'{"id":1,"_info":{"lastUpdated":null}}'])
def test_a_missing_change_mark_is_unknown_and_no_fault(body: bytes) -> None:
    assert record(TICKETS, body).source_updated_at is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"summary":"no id"}', "missing required field `id`"),
        (b'{"id":null}', "Expected `int`, got `null`"),
        (b'{"id":"5"}', "Expected `int`, got `str`"),
        (b'{"id":5.5}', "Expected `int`, got `float`"),
        (b"[1]", "Expected `object`, got `array`"),
        (b"null", "Expected `object`, got `null`"),
        (b'"text"', "Expected `object`, got `str`"),
    ],
)
def test_what_cannot_be_keyed_is_kept_aside_with_the_reason(body: bytes, reason: str) -> None:
    piece = rejection(TICKETS, body)
    assert reason in piece.reason
    assert "tickets" in piece.reason
    assert piece.record_id is None
    assert piece.body == body


@pytest.mark.parametrize("mark", [b'"yesterday"', b"17", b'{"at":1}'])
def test_a_change_mark_of_the_wrong_type_is_rejected_under_its_id(mark: bytes) -> None:
    piece = rejection(TICKETS, b'{"id":5,"_info":{"lastUpdated":' + mark + b"}}")
    assert piece.record_id == "5"


def test_an_empty_id_is_no_id() -> None:
    assert "Id is empty" in rejection(INVOICES, b'{"Id":""}').reason


def test_a_number_where_quickbooks_has_text_ids_is_rejected() -> None:
    assert "Expected `str`" in rejection(INVOICES, b'{"Id":7}').reason


def test_of_two_rows_with_one_key_the_later_counts() -> None:
    page = msgspec.json.decode(b'[{"id":1,"v":1},{"id":2},{"id":1,"v":2}]', type=list[msgspec.Raw])
    cut = DEVICES.cut_all(page)
    assert [(piece.record_id, piece.body) for piece in cut.records] == [("1", b'{"id":1,"v":2}'), ("2", b'{"id":2}')]


def test_passwords_and_tokens_of_members_are_not_kept() -> None:
    body = b'{"id":3,"identifier":"rowan","password":"pw","token":"tk","clientId":"ci","hourlyCost":52.50}'
    assert record(MEMBERS, body).body == b'{"id":3,"identifier":"rowan","hourlyCost":52.50}'


def test_passwords_are_not_kept_in_rejections_either() -> None:
    assert b"pw" not in rejection(MEMBERS, b'{"identifier":"rowan","password":"pw"}').body
    assert b"pw" not in rejection(MEMBERS, b'["password","pw"]').body


def test_a_rejected_body_is_readable_even_if_its_bytes_are_not_text() -> None:
    piece = rejection(replace_key(b"\xff"), b'{"id":"\xff"}')
    assert piece.body.decode()


def replace_key(_: bytes) -> Cutter:
    return Cutter(replace(stream("stripe", "customers"), key="id"))
