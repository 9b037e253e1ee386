"""The statements for one mapped table. Every name is quoted, every value bound: nothing of a mapping is ever SQL."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, column, or_, select, table
from sqlalchemy import types as sql_types
from sqlalchemy.sql.elements import quoted_name

from extractors.core.table_stream import Constant, TableStream
from extractors.core.walk import Scope

CLOCKS_GO_BACK = timedelta(hours=1)
"""A local time that occurs twice stands for either: a read of changes goes back as far as clocks do."""

Types = Mapping[str, sql_types.TypeEngine[Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of one read, in its own order."""

    name: str
    conditions: tuple[ColumnElement[bool], ...]
    ordered_by_mark: bool = False


class TableQueries:
    """Builds the statements that read one stream of one organization.

    `types` are the types of their columns as the database tells them, so that values are compared as what they are;
    `mark_may_be_null` says whether the change mark may be null.
    """

    def __init__(self, stream: TableStream, types: Types, *, mark_may_be_null: bool = True) -> None:
        if stream.mapping is None:
            raise ValueError(f"{stream.name} is not mapped to a table")
        self.stream = stream
        self._mapping = stream.mapping
        self._types = types
        self._mark_may_be_null = mark_may_be_null
        schema, name = stream.mapping.schema_and_name
        self._columns = {
            theirs: column(quoted_name(theirs, quote=True), types.get(theirs))
            for theirs in {*stream.mapping.columns.values(), *stream.mapping.where}
        }
        self._table = table(
            quoted_name(name, quote=True),
            *self._columns.values(),
            schema=quoted_name(schema, quote=True) if schema else None,
        )
        self._fixed = tuple(self._is_one_of(theirs, values) for theirs, values in stream.mapping.where.items())

    @property
    def whole(self) -> Part:
        """All records of the table."""
        return Part("whole", self._fixed)

    @property
    def time_zone(self) -> str | None:
        """The zone of times that are stored without one."""
        return self._mapping.time_zone

    @property
    def padded(self) -> frozenset[str]:
        """Our fields whose columns have a fixed width, so that what they hold is filled up with spaces."""
        there = self._mapping.columns.items()
        return frozenset(ours for ours, theirs in there if isinstance(self._columns[theirs].type, sql_types.CHAR))

    def rows(self, part: Part, after: Mapping[str, str] | None = None) -> Select[Any]:
        """The records of a part, or those after a place in it: our fields, the key first, in an order that is total."""
        key = self._theirs("id")
        chosen = select(*(self._theirs(name.name).label(name.name) for name in self.stream.mapped_columns))
        order = [self._theirs(self.stream.mark), key] if part.ordered_by_mark else [key]
        return self._from(chosen, part, after).order_by(*order)

    def keys(self) -> Select[Any]:
        """The keys of all records, in order."""
        key = self._theirs("id")
        return self._from(select(key.label("id")), self.whole, None).order_by(key)

    def unordered(self, part: Part, after: Mapping[str, str] | None = None) -> Select[Any]:
        """The same records' keys for counting: an order would cost and change nothing."""
        return self._from(select(self._theirs("id").label("id")), part, after)

    def parts(self, scope: Scope) -> list[Part]:
        """How a window is read: whole, by its dates, or by changes with what was never marked before it."""
        window = scope.window
        if window.kind == "changes" and window.since is not None:
            mark = self._theirs(self.stream.mark)
            low = self._bound(mark, window.since, scope.time_zone, is_lower=True)
            high = self._bound(mark, scope.as_of, scope.time_zone)
            marked = Part("marked", (*self._fixed, mark >= low, mark <= high), ordered_by_mark=True)
            return [Part("unmarked", (*self._fixed, mark.is_(None))), marked] if self._mark_may_be_null else [marked]
        if window.kind == "dated" and window.start is not None and window.end is not None:
            dated = self._theirs(self.stream.date_filters[0])
            start = self._bound(dated, window.start, scope.time_zone)
            end = self._bound(dated, window.end, scope.time_zone)
            return [Part("dated", (*self._fixed, dated >= start, dated < end))]
        return [self.whole]

    def place(self, part: Part, row: Any) -> dict[str, str] | None:
        """Where a row stands in its part, as plain JSON: what `after` takes; None for a row without a key."""
        if row.id is None:
            return None
        here = {"part": part.name, "key": str(row.id)}
        if part.ordered_by_mark:
            here["mark"] = getattr(row, self.stream.mark).isoformat()
        return here

    def _from(self, chosen: Select[Any], part: Part, after: Mapping[str, str] | None) -> Select[Any]:
        beyond = [self._beyond(part, after)] if after else []
        return chosen.select_from(self._table).where(*part.conditions, *beyond)

    def _beyond(self, part: Part, after: Mapping[str, str]) -> ColumnElement[bool]:
        key = self._theirs("id")
        later: ColumnElement[bool] = key > _read_back(after["key"], key.type)
        if not part.ordered_by_mark:
            return later
        mark = self._theirs(self.stream.mark)
        moment = _read_back(after["mark"], mark.type)
        return or_(mark > moment, and_(mark == moment, later))

    def _theirs(self, ours: str) -> ColumnElement[Any]:
        return self._columns[self._mapping.columns[ours]]

    def _is_one_of(self, theirs: str, values: Sequence[Constant]) -> ColumnElement[bool]:
        there = self._columns[theirs]
        said = [_constant(value, there) for value in values if value is not None]
        if not said:
            return there.is_(None)
        among: ColumnElement[bool] = there.in_(said)
        if len(said) < len(values):
            among = or_(among, there.is_(None))
        return among

    def _bound(
        self, there: ColumnElement[Any], moment: datetime, zone: ZoneInfo, *, is_lower: bool = False
    ) -> datetime | date:
        """An instant as the column would write it: with its zone, in the table's zone, or as a day."""
        kept_in = ZoneInfo(self._mapping.time_zone) if self._mapping.time_zone else zone
        if isinstance(there.type, sql_types.Date):
            return moment.astimezone(kept_in).date()
        if has_zone(there.type):
            return moment
        local = moment.astimezone(kept_in).replace(tzinfo=None)
        return local - CLOCKS_GO_BACK if is_lower and kept_in.key != "UTC" else local


def _constant(value: Constant, there: ColumnElement[Any]) -> Any:
    """A value of the file in the type of the column it is compared with; raises ValueError where it is none."""
    python_type = python_type_of(there.type)
    if python_type is bool and value in ("0", "1"):
        return value == "1"
    if isinstance(value, bool):
        return value if python_type in (bool, None) else int(value) if python_type in (int, Decimal) else str(value)
    try:
        return _read_back(str(value), there.type)
    except (ValueError, ArithmeticError) as error:
        raise ValueError(f"'{value}' cannot be compared with what column {there} holds") from error


def has_zone(kind: sql_types.TypeEngine[Any]) -> bool:
    """Whether a time of that type names its zone."""
    return bool(getattr(kind, "timezone", False)) or type(kind).__name__ == "DATETIMEOFFSET"


def _read_back(text: str, kind: sql_types.TypeEngine[Any]) -> Any:
    """What `place` wrote, in the column's own type."""
    readers: dict[type, Any] = {
        int: int,
        Decimal: Decimal,
        uuid.UUID: uuid.UUID,
        datetime: datetime.fromisoformat,
        date: date.fromisoformat,
    }
    python_type = python_type_of(kind)
    return readers.get(python_type, str)(text) if python_type else text


def python_type_of(kind: sql_types.TypeEngine[Any]) -> type | None:
    """What Python gives for a column of that type; None where SQLAlchemy does not know."""
    try:
        return kind.python_type
    except NotImplementedError:
        return None
