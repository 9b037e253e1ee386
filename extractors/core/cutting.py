"""Cutting a page into records in one pass: the key, the change mark and the fields of the contract are looked at."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from extractors.core.contract import Contract, phrase
from extractors.core.keys import PartMissing, joined, parts_of
from extractors.core.records import Record, Rejection
from extractors.core.shapes import kinds_of_keys, shape_of
from extractors.core.stream import Stream

_MILLISECONDS_FROM = 1e11  # as seconds this would be the year 5138


class Cut(NamedTuple):
    """What one answer of the vendor held. `cursor` is where to go on after it, None where nothing follows.

    `deletions` are ids that the vendor's own feed says are gone. `families` are the ids of parents whose children
    are all among the records: what else is held of them is gone.
    """

    records: list[Record]
    rejections: list[Rejection]
    cursor: dict[str, Any] | None = None
    deletions: tuple[str, ...] = ()
    families: tuple[str, ...] = ()

    @property
    def ids(self) -> list[str]:
        """The ids of all that has one, rejected or not."""
        held = [record.record_id for record in self.records]
        return held + [piece.record_id for piece in self.rejections if piece.record_id is not None]

    @property
    def pieces(self) -> list[Record | Rejection]:
        """All that came, records first."""
        return [*self.records, *self.rejections]

    def less(self, ids: frozenset[str]) -> "Cut":
        """The same without what bears one of these ids."""
        if not ids:
            return self
        return self._replace(
            records=[record for record in self.records if record.record_id not in ids],
            rejections=[piece for piece in self.rejections if piece.record_id not in ids],
        )

    @property
    def received(self) -> int:
        """How many vendor objects this was."""
        return len(self.records) + len(self.rejections)


class Cutter:
    """Cuts the records of one stream. Without a `contract` only the key and the change mark can be at fault."""

    def __init__(self, stream: Stream, contract: Contract | None = None) -> None:
        self._stream = stream
        self._fields = (stream.key,) if isinstance(stream.key, str) else stream.key
        key_type = stream.key_type if isinstance(stream.key, str) else msgspec.Raw
        self._is_composite = not isinstance(stream.key, str)
        self._mark = stream.changed_at.split(".") if stream.changed_at else []
        mark_type = str if stream.changed_at_type == "iso" else float
        self._contract = contract
        self._strict = msgspec.json.Decoder(shape_of(self._fields, key_type, self._mark, mark_type, contract))
        # The parts of a key are kept in the vendor's own text, so what the contract asks of them is looked at apart.
        kinds = kinds_of_keys(self._fields, contract) if self._is_composite else []
        self._parts = [(attribute, msgspec.json.Decoder(kind)) for attribute, kind in kinds]
        self._decoder = msgspec.json.Decoder(shape_of(self._fields, key_type, self._mark, mark_type))
        self._key_alone = msgspec.json.Decoder(shape_of(self._fields, key_type, [], mark_type))

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
        misfits: list[str] = []
        try:
            keys: Any = self._strict.decode(body)
            for attribute, part in self._parts:
                part.decode(getattr(keys, attribute))
        except (msgspec.DecodeError, UnicodeDecodeError):
            try:
                keys = self._decoder.decode(body)
                if self._contract is not None:
                    misfits = self._contract.misfits(body)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                return self._rejected(body, str(error), self._id_of(body))
        try:
            record_id = self._joined(keys) if self._is_composite else str(keys.key0)
        except (PartMissing, msgspec.DecodeError, UnicodeDecodeError) as error:
            return self._rejected(body, str(error), None)
        if not record_id:
            return self._rejected(body, f"{self._stream.key} is empty", None)
        try:
            changed_at = self._changed_at(keys)
        except (ValueError, OverflowError):
            return self._rejected(body, f"{self._stream.changed_at} is not a time", record_id)
        if misfits:
            return self._rejected(body, phrase(misfits), record_id, changed_at)
        return Record(record_id, self._kept(body), changed_at)

    def held_to_contract(self, record: Record) -> Record | Rejection:
        """A record whose key did not come from its body, as it is or as a rejection."""
        misfits = self._contract.misfits(record.body) if self._contract is not None else []
        if not misfits:
            return record
        return self._rejected(record.body, phrase(misfits), record.record_id, record.source_updated_at)

    def _rejected(
        self, body: bytes, reason: str, record_id: str | None, changed_at: datetime | None = None
    ) -> Rejection:
        try:
            body = self._kept(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            body = b"not kept: it cannot be read, and may hold what must not be kept"
        readable = body.decode("utf-8", errors="replace").encode()
        return Rejection(readable, f"does not fit {self._stream.name}: {reason}", record_id, changed_at)

    def _id_of(self, body: bytes) -> str | None:
        try:
            keys: Any = self._key_alone.decode(body)
            return (self._joined(keys) if self._is_composite else str(keys.key0)) or None
        except (PartMissing, msgspec.DecodeError, UnicodeDecodeError):
            return None  # it is rejected for having none

    def _joined(self, keys: Any) -> str:
        fields = self._fields
        return joined(parts_of(fields, [getattr(keys, f"key{index}") for index in range(len(fields))]))

    def _kept(self, body: bytes) -> bytes:
        """The record less the fields its stream withholds; every other value keeps the vendor's own text."""
        withheld = self._stream.withheld_fields
        if not any(f'"{field.rpartition(".")[2]}"'.encode() in body for field in withheld):
            return body
        return _without(body, withheld)

    def _changed_at(self, keys: Any) -> datetime | None:
        value: Any = keys if self._mark else None
        for index in range(len(self._mark)):
            value = getattr(value, f"mark{index}", None)
        if value is None or value == "":
            return None
        if isinstance(value, str | datetime):
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if not math.isfinite(value):
            raise ValueError
        # NinjaOne documents seconds, but milliseconds have been seen in the same kind of field.
        return datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS_FROM else value, UTC)


def _without(body: bytes, fields: Iterable[str]) -> bytes:
    """An object less some fields; `a.b` is one inside another object. Every other value keeps its own text."""
    members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    for field in fields:
        first, _, rest = field.partition(".")
        held = bytes(members.get(first, b""))
        if not rest:
            members.pop(first, None)
        elif held.startswith(b"{"):
            members[first] = msgspec.Raw(_without(held, [rest]))
    return msgspec.json.encode(members)
