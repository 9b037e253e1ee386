"""Reading mapped tables: each read is one snapshot, counted independently, in an order from which it can go on."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine.interfaces import ReflectedColumn

from extractors.core.budget import Budget
from extractors.core.cutting import Cut
from extractors.core.database import Database, Snapshot, open_database
from extractors.core.effort import current_effort
from extractors.core.errors import PagingBroken, PermissionMissing, RequestRejected
from extractors.core.records import Record, Rejection
from extractors.core.session import Session
from extractors.core.source import Origin
from extractors.core.stream import Stream
from extractors.core.table_queries import Part, TableQueries, has_zone, python_type_of
from extractors.core.table_stream import Column, TableStream
from extractors.core.table_values import SAID, RowReader, fits
from extractors.core.walk import Scope

Resume = dict[str, Any]


class TableSession(Session):
    """A session with an operational database."""

    def __init__(self, database: Database, *, as_of: datetime, time_zone: ZoneInfo) -> None:
        super().__init__(database, as_of=as_of, time_zone=time_zone)
        self._database = database
        self._known: dict[str, TableQueries] = {}
        self._has_answered = False

    def _plan(self, scope: Scope, resume: Resume | None) -> "TablePlan":
        return TablePlan(scope, resume, self._known)

    def ids(self, stream: Stream) -> Iterator[list[str]]:
        """The ids of all records the table has, some at a time, in one snapshot and counted against it."""
        table = _mapped(stream)
        if not table.sweeps_deletions:
            raise ValueError(f"{stream.source}.{stream.name} has no id sweep")
        queries = queries_for(self._database, table, self._known)
        reader = RowReader(table.name, table.columns[:1], zone=None, mark=None, padded=queries.padded)
        seen = 0
        with self._database.snapshot(table.name) as snapshot:
            expected = snapshot.count(queries.unordered(queries.whole))
            for rows in snapshot.chunks(queries.keys(), table.page_size * 10):
                seen += len(rows)
                cut = [reader.record(row) for row in rows]
                yield [piece.record_id for piece in cut if piece.record_id is not None]
        _must_reach(self._database, table, seen, expected)

    def preflight(self, streams: Iterable[Stream]) -> None:
        """Connect, and see that each mapped table and column exists, has a fitting type and may be selected."""
        if not self._has_answered:
            with self._database.snapshot("the sign-in") as snapshot:
                snapshot.answers()
            self._has_answered = True
        for stream in streams:
            table = _mapped(stream)
            queries = queries_for(self._database, table, self._known)
            try:
                with self._database.snapshot(table.name) as snapshot:
                    snapshot.try_(queries.rows(queries.whole))
            except PermissionMissing as error:
                raise PermissionMissing(
                    f"The operational database does not let this user read {_place(table)}, so {table.name} was not "
                    f"read. Grant the right: GRANT SELECT ({', '.join(_columns_read(table))}) ON "
                    f"{_place(table)} TO the user that qbr signs in with.",
                    vendor=error.vendor,
                    about=table.name,
                ) from error

    def close(self) -> None:
        """End every read and close the connections."""
        super().close()
        self._database.close()


@dataclass(slots=True)
class TablePlan:
    """One read of a table. `resume` is what a Page of an earlier, broken read carried, or None."""

    scope: Scope
    resume: Resume | None
    known: dict[str, TableQueries]
    is_closed: bool = False
    vendor_count: int | None = None

    def steps(self, client: Database) -> Iterator[tuple[Cut, Resume | None]]:
        """Every cut with the resume point that follows it.

        The database counts the same rows in the same snapshot; of a resumed read, those that are left.
        """
        table = _mapped(self.scope.stream)
        so_far = self.resume or {}
        same = (self.scope.window.as_json(), table.version)
        if not table.resumes or (so_far.get("window"), so_far.get("mapping")) != same:
            so_far = {}  # a resume point of another window or mapping says nothing about this read
        as_of = datetime.fromisoformat(so_far["as_of"]) if so_far else self.scope.as_of
        scope = Scope(table, self.scope.window, as_of, self.scope.time_zone)
        queries = queries_for(client, table, self.known)
        received = int(so_far.get("received", 0))
        with client.snapshot(table.name) as snapshot:
            left = _left(queries.parts(scope), so_far.get("cursor"))
            expected = received + sum(snapshot.count(queries.unordered(part, after)) for part, after in left)
            for part, after in left:
                for cut, cursor in _cuts(snapshot, queries, part, after):
                    received += cut.received
                    yield cut, self._resume_after(as_of, cursor, received) if table.resumes and cursor else None
        _must_reach(client, table, received, expected)
        self.is_closed, self.vendor_count = True, expected

    def _resume_after(self, as_of: datetime, cursor: Mapping[str, str], received: int) -> Resume:
        return {
            "window": self.scope.window.as_json(),
            "mapping": self.scope.stream.version,
            "as_of": as_of.isoformat(),
            "cursor": dict(cursor),
            "received": received,
        }


def open_tables(
    source: Origin,
    connection: Mapping[str, Any],
    *,
    as_of: datetime,
    time_zone: ZoneInfo,
    budget: Budget | None = None,
) -> TableSession:
    """A session with the operational database that `connection` names; raises CredentialsRefused."""
    return TableSession(open_database(source, connection, budget), as_of=as_of, time_zone=time_zone)


def _left(parts: Sequence[Part], cursor: Mapping[str, str] | None) -> list[tuple[Part, Mapping[str, str] | None]]:
    """The parts that are still to be read, the first of them from where a broken read stopped."""
    if cursor is None:
        return [(part, None) for part in parts]
    names = [part.name for part in parts]
    begun = names.index(cursor["part"])
    return [(parts[begun], cursor), *((part, None) for part in parts[begun + 1 :])]


def _cuts(
    snapshot: Snapshot, queries: TableQueries, part: Part, after: Mapping[str, str] | None
) -> Iterator[tuple[Cut, dict[str, str] | None]]:
    stream, effort = queries.stream, current_effort()
    zone = ZoneInfo(queries.time_zone) if queries.time_zone else None
    columns, mark = stream.mapped_columns, stream.changed_at
    reader = RowReader(stream.name, columns, zone=zone, mark=mark, padded=queries.padded)
    last_key = after["key"] if after and not part.ordered_by_mark else None
    for rows in snapshot.chunks(queries.rows(part, after), stream.page_size):
        records: list[Record] = []
        rejections: list[Rejection] = []
        for row in rows:
            piece = reader.record(row)
            effort.bytes += len(piece.body)
            if isinstance(piece, Rejection):
                rejections.append(piece)
            elif piece.record_id == last_key:
                reason = f"does not fit {stream.name}: id {last_key} stands on more than one row"
                rejections.append(Rejection(piece.body, reason, piece.record_id))
            else:
                records.append(piece)
            if not part.ordered_by_mark:
                last_key = piece.record_id
        yield Cut(records, rejections), queries.place(part, rows[-1])


def _must_reach(database: Database, table: TableStream, received: int, expected: int) -> None:
    if received != expected:
        raise PagingBroken(
            f"{database.source.label} gave {received} rows for {table.name} where its own count says {expected}, so "
            "the read was not taken as complete. Nothing was marked as deleted and the next run reads this part "
            f"again. If it happens again, {_place(table)} gives other rows each time it is asked, or its key is not "
            "unique: map a table, or a view with a key.",
            vendor=database.source.label,
            about=table.name,
        )


def queries_for(database: Database, table: TableStream, known: dict[str, TableQueries]) -> TableQueries:
    """The statements for a mapped table, after a look at what its columns are; raises RequestRejected if they differ.

    What was found out is kept in `known` for the rest of the session.
    """
    if table.name in known and known[table.name].stream == table:
        return known[table.name]
    schema, name = table.mapping.schema_and_name if table.mapping else (None, "")
    described = database.described(schema, name, table.name)
    if described is None:
        near = difflib.get_close_matches(name, database.names_in(schema, table.name), n=3, cutoff=0.5)
        raise _misfit(database, table, f"has no table or view {_place(table)}{_meant(near)}")
    columns = {one["name"]: one for one in described}
    for theirs in _columns_read(table):
        if theirs not in columns:
            near = difflib.get_close_matches(theirs, list(columns), n=3, cutoff=0.5)
            raise _misfit(database, table, f"has no column {theirs} in {_place(table)}{_meant(near)}")
    for column in table.mapped_columns:
        _must_fit(database, table, column, columns)
    mark = table.mapping.columns.get(table.mark) if table.mapping else None
    types = {theirs: one["type"] for theirs, one in columns.items()}
    try:
        known[table.name] = TableQueries(table, types, mark_may_be_null=bool(mark and columns[mark]["nullable"]))
    except ValueError as error:
        raise _misfit(database, table, f"cannot be asked for the rows that `where` names: {error}") from error
    return known[table.name]


def _must_fit(database: Database, table: TableStream, column: Column, columns: Mapping[str, ReflectedColumn]) -> None:
    assert table.mapping is not None  # noqa: S101 - only mapped tables come here
    theirs = table.mapping.columns[column.name]
    kind = columns[theirs]["type"]
    python_type = python_type_of(kind)
    if not fits(column.type, python_type):
        raise _misfit(
            database,
            table,
            f"keeps {type(kind).__name__.lower()} in column {theirs} of {_place(table)}, where {column.name} needs "
            f"{SAID[column.type]}",
        )
    if python_type is datetime and column.type == "instant" and not has_zone(kind) and not table.mapping.time_zone:
        raise _misfit(
            database,
            table,
            f"keeps times without a zone in column {theirs} of {_place(table)}; say under `sources: opsdb: time_zone` "
            "in which zone they are meant",
        )


def _misfit(database: Database, table: TableStream, what: str) -> RequestRejected:
    return RequestRejected(
        f"{database.source.label} {what}, so {table.name} was not read. Correct its mapping under `sources: opsdb: "
        f"tables: {table.name}` in the organization's file, or grant the user sight of it.",
        vendor=database.source.label,
        about=table.name,
    )


def _meant(near: Sequence[str]) -> str:
    return f" (there is {', '.join(near)})" if near else ""


def _place(table: TableStream) -> str:
    return table.mapping.table if table.mapping else table.name


def _columns_read(table: TableStream) -> list[str]:
    """Their columns that a read needs: those mapped, and those that conditions look at."""
    assert table.mapping is not None  # noqa: S101 - only mapped tables come here
    return list(dict.fromkeys([*table.mapping.columns.values(), *table.mapping.where]))


def _mapped(stream: Stream) -> TableStream:
    if not isinstance(stream, TableStream) or stream.mapping is None:
        raise ValueError(f"{stream.source}.{stream.name} is not mapped to a table of the operational database")
    return stream
