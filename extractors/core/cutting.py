"""Cutting a page into records without parsing them: only the key and the change mark are looked at."""

import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from extractors.core.records import Record, Rejection
from extractors.core.stream import Stream

_MILLISECONDS_FROM = 1e11  # as seconds this would be the year 5138
_LONE_SURROGATE = (b"\\ud", b"\\uD")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Cut(NamedTuple):
    """What one answer of the vendor held. `cursor` is where to go on after it, None where nothing follows."""

    records: list[Record]
    rejections: list[Rejection]
    cursor: dict[str, Any] | None = None

    @property
    def received(self) -> int:
        """How many vendor objects this was."""
        return len(self.records) + len(self.rejections)


class Cutter:
    """Cuts the records of one stream."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._mark = stream.changed_at.split(".") if stream.changed_at else []
        mark_type = str if stream.changed_at_type == "iso" else float
        self._decoder = msgspec.json.Decoder(_keys(stream.key, stream.key_type, self._mark, mark_type))

    def cut_all(self, rows: Iterable[msgspec.Raw]) -> Cut:
        """Every row as a record or a rejection; of rows with the same key the last one counts."""
        records: dict[str, Record] = {}
        rejections: list[Rejection] = []
        for row in rows:
            piece = self.cut(bytes(row))
            if isinstance(piece, Record):
                records[piece.record_id] = piece
            else:
                rejections.append(piece)
        return Cut(list(records.values()), rejections)

    def cut(self, body: bytes) -> Record | Rejection:
        """One vendor object as a record, or as a rejection with the reason."""
        stream = self._stream
        try:
            keys: Any = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Rejection(_readable(body), f"does not fit {stream.name}: {error}", None)
        record_id = str(keys.key)
        if not record_id:
            return Rejection(body, f"does not fit {stream.name}: {stream.key} is empty", None)
        try:
            changed_at = self._changed_at(keys)
        except (ValueError, OverflowError):
            return Rejection(body, f"does not fit {stream.name}: {stream.changed_at} is not a time", record_id)
        if stream.withheld_fields:
            body = _without(body, stream.withheld_fields)
        if reason := _unstorable(body):
            return Rejection(_readable(body), reason, record_id)
        return Record(record_id, body, changed_at)

    def _changed_at(self, keys: Any) -> datetime | None:
        value: Any = keys if self._mark else None
        for index in range(len(self._mark)):
            value = getattr(value, f"mark{index}", None)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if not math.isfinite(value):
            raise ValueError
        # NinjaOne documents seconds, but milliseconds have been seen in the same kind of field.
        return datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS_FROM else value, UTC)


def _keys(key: str, key_type: type, mark: list[str], mark_type: type) -> type[msgspec.Struct]:
    """A struct type that reads the key and the change mark and skips all else."""
    inner: Any = mark_type
    for depth in range(len(mark) - 1, 0, -1):
        name = f"mark{depth}"
        inner = msgspec.defstruct("Mark", [(name, inner | None, None)], rename={name: mark[depth]})
    fields: list[Any] = [("key", key_type)]
    names = {"key": key}
    if mark:
        fields.append(("mark0", inner | None, None))
        names["mark0"] = mark[0]
    return msgspec.defstruct("Keys", fields, rename=names)


def _without(body: bytes, fields: tuple[str, ...]) -> bytes:
    """The record less some top-level fields; every other value keeps the vendor's own text."""
    if not any(f'"{field}"'.encode() in body for field in fields):
        return body
    members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return msgspec.json.encode({name: value for name, value in members.items() if name not in fields})


def _unstorable(body: bytes) -> str | None:
    """Why Postgres could not keep this text as jsonb, if it could not. Parses only what looks suspicious."""
    try:
        if not body.isascii():
            body.decode()
        if any(mark in body for mark in _LONE_SURROGATE):
            json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeError:
        return "holds text that is not valid Unicode"
    if _NUL.search(body):
        return "holds a NUL character, which Postgres cannot store"
    return None


def _readable(body: bytes) -> bytes:
    return body.decode("utf-8", errors="replace").encode()
