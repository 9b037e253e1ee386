"""Looking at a stream's stored records for the presence of fields: the questions, in SQL, that profiles are made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import psycopg
from psycopg import sql

from warehouse.field_findings import Seen
from warehouse.raw import StreamKey

SAMPLE = 20_000
"""Of more new records only the newest are looked at: a first load of a million need not be read a second time."""
NAMES_SAMPLE = 1_000


class Look(NamedTuple):
    """What the newest records hold. `names` says in how many of a few of them each top-level name stands."""

    read_to: datetime | None
    fields: dict[str, Seen]
    names: dict[str, int]


def look_at(connection: psycopg.Connection, key: StreamKey, mapped: Sequence[str], since: datetime | None) -> Look:
    """What the records that were loaded after ``since`` hold of the mapped fields; nothing when there are none."""
    tops = sorted({_top(path) for path in mapped})
    counts = [
        sql.SQL("count({value}), min(record_id) filter (where {value} is not null)").format(value=_value(path))
        for path in mapped
    ]
    fresh = sql.SQL(
        "select record_id, record, extracted_at, extracted_at > first_seen_at as is_changed from {table} "
        "where organization_id = {organization} and extracted_at > {since} and deleted_at is null "
        "order by extracted_at desc limit {limit}"
    )
    facts = {
        "table": key.table,
        "organization": sql.Literal(key.organization_id),
        "since": sql.SQL("'-infinity'") if since is None else sql.Literal(since),
    }
    columns = sql.SQL(", ").join(sql.SQL("{} jsonb").format(sql.Identifier(top)) for top in tops)
    query = sql.SQL("select {counted} from ({fresh}) as fresh {parsed}").format(
        counted=sql.SQL(", ").join(
            [sql.SQL("max(extracted_at), count(*), count(*) filter (where is_changed)"), *counts]
        ),
        fresh=fresh.format(**facts, limit=sql.Literal(SAMPLE)),
        parsed=sql.SQL("cross join lateral jsonb_to_record(record) as fields ({})").format(columns)
        if tops
        else sql.SQL(""),
    )
    row = connection.execute(query).fetchone()
    assert row is not None  # noqa: S101 - an aggregate without grouping returns one row
    read_to, records, changed, *found = row
    names = connection.execute(
        sql.SQL(
            "select name, count(*) from ({fresh}) as fresh "
            "cross join lateral jsonb_object_keys(record) as name group by 1"
        ).format(fresh=fresh.format(**facts, limit=sql.Literal(NAMES_SAMPLE)))
    ).fetchall()
    if not records:
        return Look(None, {}, {})
    seen = {path: Seen(records, changed, found[2 * place], found[2 * place + 1]) for place, path in enumerate(mapped)}
    return Look(read_to, seen, dict(names))


def witness_of(connection: psycopg.Connection, key: StreamKey, path: str, before: str | None) -> str | None:
    """The id of a record that has a value: the one known before, if it still has, else any other."""
    value = sql.SQL("(record -> {}) {}").format(sql.Literal(_top(path)), _below(path))
    holds = sql.SQL(
        "select record_id from {table} where organization_id = %s and deleted_at is null "
        "and jsonb_typeof(record) = 'object' and {value} is not null and {value} <> 'null'::jsonb"
    ).format(table=key.table, value=value)
    if before is not None:
        known = connection.execute(sql.SQL("{} and record_id = %s").format(holds), [key.organization_id, before])
        if known.fetchone():
            return before
    row = connection.execute(sql.SQL("{} limit 1").format(holds), [key.organization_id]).fetchone()
    return row[0] if row else None


def live_records(connection: psycopg.Connection, key: StreamKey) -> int:
    """How many records the stream has now."""
    row = connection.execute(
        sql.SQL("select count(*) from {} where organization_id = %s and deleted_at is null").format(key.table),
        [key.organization_id],
    ).fetchone()
    return int(row[0]) if row else 0


def _top(path: str) -> str:
    return path.split(".", maxsplit=1)[0].removesuffix("[]")


def _below(path: str) -> sql.Composable:
    """The way from the top-level value down to the field, of lists by their first element; empty for no way at all."""
    first, *rest = path.split(".")
    steps = ["0"] if first.endswith("[]") else []
    for name in rest:
        steps += [name.removesuffix("[]"), "0"] if name.endswith("[]") else [name]
    return sql.SQL("#> {}").format(sql.Literal("{" + ",".join(steps) + "}")) if steps else sql.SQL("")


def _value(path: str) -> sql.Composable:
    """The field's value as text, in a query that took the record apart; NULL where it is absent or null."""
    return sql.SQL("nullif(fields.{} {}, 'null'::jsonb)").format(sql.Identifier(_top(path)), _below(path))
