"""What a stream of an operational database is: the columns we need by their meaning, and where they are found.

No SQL here: `table_queries.py` builds it, `tables.py` reads.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, NamedTuple, NoReturn

import msgspec

from extractors.core.stream import Paging, Stream
from extractors.core.walk import Walk

FieldType = Literal["id", "text", "number", "integer", "boolean", "instant", "day"]
Constant = str | int | bool | None

LATE_ROWS = timedelta(hours=1)
"""A row gets its change mark when its transaction begins and shows when that ends."""
LATE_EVENTS = timedelta(days=1)
"""Logs are often written in batches, behind the events they tell of."""
WHOLE_EVERY = timedelta(days=7)
"""A row whose change mark was forgotten, or came back from a backup, shows in a read of the whole table only."""
CHUNK_ROWS = 1000


class Column(NamedTuple):
    """One thing we want to know of a row. A required one must be mapped, and a row without it is rejected."""

    name: str
    type: FieldType
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class TableMapping:
    """Where an organization keeps a stream: their names, never SQL."""

    table: str
    """A table or view, with its schema in front and a dot between where it has one."""
    columns: Mapping[str, str]
    """Our field to their column."""
    where: Mapping[str, tuple[Constant, ...]] = field(default_factory=dict)
    """Their column to the values that count; rows with others are no records of this stream."""
    time_zone: str | None = None
    """The zone of times that are stored without one."""

    @property
    def schema_and_name(self) -> tuple[str | None, str]:
        """The two parts of the table's name."""
        schema, dot, name = self.table.partition(".")
        return (schema, name) if dot else (None, self.table)

    @property
    def fingerprint(self) -> str:
        """Changes with the mapping: records read by another one have another shape."""
        said = (self.table, sorted(self.columns.items()), sorted(self.where.items()), self.time_zone)
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]


def in_one_snapshot(_walk: Walk) -> NoReturn:
    """All rows of a mapped table, in one snapshot and in the order of change mark and key.

    The database's own count of the same rows in the same snapshot must be reached exactly.
    """
    raise TypeError("A table is not paged over HTTP; open_source reads it (extractors/core/tables.py).")


@dataclass(frozen=True, kw_only=True)
class TableStream(Stream):
    """One table of an operational database, as it lands in `raw_opsdb.<name>`."""

    part: Literal["application", "dealer"]
    """Whose database would have it: a multi-tenant web application's, or an equipment dealer's system's."""
    columns: tuple[Column, ...]
    dated_by: str | None = None
    """Our field whose value puts a row in a month."""
    mark: str = "updated_at"
    """Our field that tells when a row last changed."""
    mapping: TableMapping | None = None

    path: str = "the mapped table"
    pages: Paging = in_one_snapshot
    page_size: int = CHUNK_ROWS
    counted: bool = True

    def column(self, name: str) -> Column:
        """The column of one of our fields."""
        return next(column for column in self.columns if column.name == name)

    @property
    def mapped_columns(self) -> tuple[Column, ...]:
        """The columns that the organization has, in the order they are declared."""
        there = self.mapping.columns if self.mapping else {}
        return tuple(column for column in self.columns if column.name in there)

    def mapped_in_full(self) -> "TableStream":
        """The stream as it is in a database that has every column, and calls each as we do."""
        return self.mapped(TableMapping(self.name, {column.name: column.name for column in self.columns}))

    def mapped(self, mapping: TableMapping) -> "TableStream":
        """The stream as one organization has it, read as its table allows.

        With a change mark it is read by changes and swept for deletions, without one it is read whole every time.
        A log is never swept: what its source has cleared away stays here.
        """
        marked = self.mark in mapping.columns
        dated = self.dated_by if self.dated_by in mapping.columns else None
        return replace(
            self,
            mapping=mapping,
            version=f"mapping {mapping.fingerprint}",
            reads="windowed" if marked else "entity",
            changed_at=self.mark if marked else None,
            change_filter=self.mark if marked else None,
            date_filters=(dated,) if dated else (),
            sweeps_deletions=marked and not self.keeps_purged,
            whole_every=WHOLE_EVERY if marked and not self.keeps_purged else None,
        )
