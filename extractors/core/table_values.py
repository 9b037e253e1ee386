"""A row of somebody's table as a record: our field names, in our order, every value in one JSON form.

The same row always gives the same bytes, so that an unchanged row has an unchanged hash. What cannot be said in JSON
without a guess is rejected with the reason: bytes, NaN, a fraction where a whole number belongs.
"""

import math
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from extractors.core.records import Record, Rejection
from extractors.core.table_stream import Column, FieldType

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Unfit(Exception):
    """A value that is not what its column should hold; the message says how."""


class RowReader:
    """Makes records of the rows of one stream.

    `columns` are those selected, the key first; `zone` is that of times without one; `mark` names the change mark.
    `padded` names the columns of a fixed width: their trailing spaces are no part of the value.
    """

    def __init__(
        self,
        stream: str,
        columns: Sequence[Column],
        *,
        zone: ZoneInfo | None,
        mark: str | None,
        padded: frozenset[str] = frozenset(),
    ) -> None:
        self._stream = stream
        self._columns = tuple(columns)
        self._zone = zone
        self._padded = padded
        self._mark = [column.name for column in self._columns].index(mark) if mark else None

    def record(self, row: Sequence[Any]) -> Record | Rejection:
        """One row as a record, or as a rejection with the reason."""
        told: dict[str, Any] = {}
        wrong: list[str] = []
        for column, value in zip(self._columns, row, strict=True):
            try:
                told[column.name] = self._value(column, value)
            except Unfit as problem:
                told[column.name] = None
                wrong.append(f"{column.name} {problem}")
        record_id = told["id"] or None
        body = _ENCODER.encode(told)
        if wrong:
            return Rejection(body, f"does not fit {self._stream}: {'; '.join(wrong)}", record_id)
        changed_at = None
        if self._mark is not None and row[self._mark] is not None:
            changed_at = self.instant(row[self._mark])
        assert record_id is not None  # noqa: S101 - an empty key is unfit
        return Record(record_id, body, changed_at)

    def _value(self, column: Column, value: Any) -> Any:
        if value is None:
            if column.is_required:
                raise Unfit("is null, and a record says nothing without it")
            return None
        if isinstance(value, bytes | bytearray | memoryview):
            raise Unfit("holds bytes, not text")
        if column.name in self._padded and isinstance(value, str):
            value = value.rstrip(" ")
        return getattr(self, f"_{column.type}")(value)

    def _id(self, value: Any) -> str:
        if isinstance(value, bool | float | datetime | date):
            raise Unfit("is no identifier: text, a whole number or a UUID is")
        if isinstance(value, Decimal):
            value = self._integer(value)
        text = str(value)
        if not text:
            raise Unfit("is empty")
        return text

    def _text(self, value: Any) -> str:
        if not isinstance(value, str | uuid.UUID | int) or isinstance(value, bool):
            raise Unfit(f"is no text but {type(value).__name__}")
        text = str(value)
        if "\0" in text:
            raise Unfit("holds a zero character")
        return text

    def _number(self, value: Any) -> int | float | Decimal:
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            if not math.isfinite(value):
                raise Unfit("is not a number (NaN or infinity)")
            return value
        raise Unfit(f"is no number but {type(value).__name__}")

    def _integer(self, value: Any) -> int:
        number = self._number(value)
        if number != int(number):
            raise Unfit("is no whole number")
        return int(number)

    def _boolean(self, value: Any) -> bool:
        if value not in (True, False):  # 0 and 1 are these two
            raise Unfit("is neither true nor false")
        return bool(value)

    def _instant(self, value: Any) -> str:
        return self.instant(value).isoformat()

    def instant(self, value: Any) -> datetime:
        """A time as an instant in UTC; a day is its midnight. Raises `Unfit`."""
        if not isinstance(value, date):
            raise Unfit(f"is no time but {type(value).__name__}")
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        if moment.tzinfo is None:
            if self._zone is None:
                raise Unfit("is a time without a zone, and none is configured")
            moment = moment.replace(tzinfo=self._zone)
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            raise Unfit("lies outside of the years 1 to 9999") from error

    def _day(self, value: Any) -> str:
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                if self._zone is None:
                    raise Unfit("is an instant, and no zone is configured to tell its day")
                value = value.astimezone(self._zone)
            value = value.date()
        if not isinstance(value, date):
            raise Unfit(f"is no day but {type(value).__name__}")
        return str(value)


def fits(kind: FieldType, python_type: type | None) -> bool:
    """Whether a column that gives values of that Python type can hold what we need; None: the database does not say."""
    allowed: dict[FieldType, tuple[type, ...]] = {
        "id": (str, int, Decimal, uuid.UUID),
        "text": (str, int, uuid.UUID),
        "number": (int, float, Decimal),
        "integer": (int, Decimal),
        "boolean": (bool, int),
        "instant": (datetime, date),
        "day": (datetime, date),
    }
    if python_type is None:
        return True
    if python_type is bool:
        return kind == "boolean"
    return issubclass(python_type, allowed[kind])


SAID: dict[FieldType, str] = {
    "id": "text, whole numbers or UUIDs",
    "text": "text",
    "number": "numbers",
    "integer": "whole numbers",
    "boolean": "true or false, or 0 and 1",
    "instant": "times",
    "day": "days",
}
"""What a column of each of our types holds, as people say it."""
