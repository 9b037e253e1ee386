"""How often each mapped field of a stream has a value, kept from run to run, and what that tells of the vendor.

A single record may lack a field that its contract lets it lack. That a field has gone altogether, all records together
tell: after each complete run the records that came since the one before are counted, and held against the profile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from warehouse.field_counts import Look, live_records, look_at, witness_of
from warehouse.field_findings import FieldProfile, with_values, without_values
from warehouse.raw import StreamKey

SHARE_OF_MISFITS = 0.01
"""Of a stream's records: more that did not fit are no longer single ones."""
HINT = " (new in these records: "


@dataclass(frozen=True, slots=True)
class FieldNews:
    """What a run showed: the findings that stand, and top-level fields that no record had before."""

    findings: tuple[str, ...] = ()
    new_fields: tuple[str, ...] = ()


def renew(
    connection: psycopg.Connection, key: StreamKey, mapped: Sequence[str], *, as_of: datetime, run_id: str
) -> FieldNews:
    """Count the records that came since the last time; commits.

    ``mapped`` are dotted paths of fields that a record may lack; the first element stands for a list (``items[].id``).
    """
    with connection.transaction():
        since, profiled = _begin(connection, key)
        _forget(connection, key, mapped)
        look = look_at(connection, key, mapped, since)
        known = _profiles(connection, key)
        appeared = sorted(look.names.keys() - known.keys() - set(mapped)) if profiled else []
        for path in look.fields:
            before = known.get(path, FieldProfile(path))
            after = _judged(connection, key, before, look, as_of)
            _keep(connection, key, _with_hint(before, after, appeared), mapped=True)
        for name in look.names.keys() - known.keys() - set(mapped):
            _keep(connection, key, FieldProfile(name, records=0, present=look.names[name]), mapped=False)
        misfits = _misfits(connection, key)
        connection.execute(
            """
            update raw_meta.profiled_streams set profiled_to = coalesce(%s, profiled_to), finding = %s, run_id = %s
            where (organization_id, source, stream) = (%s, %s, %s)
            """,
            [look.read_to, misfits, run_id, *key],
        )
        found = [one.finding for one in _profiles(connection, key).values() if one.finding]
    return FieldNews((*([misfits] if misfits else []), *found), tuple(appeared))


def _begin(connection: psycopg.Connection, key: StreamKey) -> tuple[datetime | None, bool]:
    """Up to when the stream was looked at, and whether it ever was; locks it for others."""
    connection.execute(
        "insert into raw_meta.profiled_streams (organization_id, source, stream) values (%s, %s, %s) "
        "on conflict do nothing",
        key,
    )
    row = connection.execute(
        "select profiled_to from raw_meta.profiled_streams "
        "where (organization_id, source, stream) = (%s, %s, %s) for update",
        key,
    ).fetchone()
    since = row[0] if row else None
    return since, since is not None


def _forget(connection: psycopg.Connection, key: StreamKey, mapped: Sequence[str]) -> None:
    """Drop the profiles of fields that are mapped no longer, and what was known of those that are mapped now."""
    connection.execute(
        "delete from raw_meta.field_profiles where (organization_id, source, stream) = (%s, %s, %s) "
        "and is_mapped <> (field = any(%s))",
        [*key, list(mapped)],
    )


def _judged(
    connection: psycopg.Connection, key: StreamKey, before: FieldProfile, look: Look, as_of: datetime
) -> FieldProfile:
    """A field's profile after the records that were looked at, some or none of which have it."""
    seen = look.fields[before.field]
    if seen.present:
        return with_values(before, seen)
    if not before.present:
        return replace(before, records=before.records + seen.records)
    witness = witness_of(connection, key, before.field, before.witness)
    return without_values(
        before,
        seen,
        live=live_records(connection, key) if witness is None else 0,
        left="nowhere left" if witness is None else "elsewhere still",
        witness=witness,
        as_of=as_of,
    )


def _with_hint(before: FieldProfile, after: FieldProfile, appeared: Sequence[str]) -> FieldProfile:
    """The finding with the fields that came when this one went: one of them may be its new name."""
    hint = f"{HINT}{', '.join(appeared[:5])})" if appeared else ""
    if before.finding:
        _, mark, named = before.finding.partition(HINT)
        hint = mark + named
    return replace(after, finding=after.finding + hint) if after.finding else after


def _misfits(connection: psycopg.Connection, key: StreamKey) -> str | None:
    """What is wrong with a stream of whose records too many do not fit, with the commonest reason."""
    row = connection.execute(
        """
        select count(distinct coalesce(record_id, rejected_id::text)), mode() within group (order by reason)
        from raw_meta.rejected_records
        where (organization_id, source, stream) = (%s, %s, %s) and settled_at is null
        """,
        key,
    ).fetchone()
    if row is None or not row[0]:
        return None
    rejected, reason = row
    live = live_records(connection, key)
    if rejected <= (live + rejected) * SHARE_OF_MISFITS:
        return None
    return f"{rejected:,} records were rejected, beside {live:,} that are stored: {reason}"


def _profiles(connection: psycopg.Connection, key: StreamKey) -> dict[str, FieldProfile]:
    with connection.cursor(row_factory=class_row(FieldProfile)) as cursor:
        rows = cursor.execute(
            """
            select field, records, present, witness, missed, missed_changed, lost_at, severity, finding
            from raw_meta.field_profiles where (organization_id, source, stream) = (%s, %s, %s) order by field
            """,
            key,
        ).fetchall()
    return {row.field: row for row in rows}


def _keep(connection: psycopg.Connection, key: StreamKey, profile: FieldProfile, *, mapped: bool) -> None:
    values: dict[str, Any] = {
        "organization_id": key.organization_id,
        "source": key.source,
        "stream": key.stream,
        "field": profile.field,
        "is_mapped": mapped,
        "records": profile.records,
        "present": profile.present,
        "witness": profile.witness,
        "missed": profile.missed,
        "missed_changed": profile.missed_changed,
        "lost_at": profile.lost_at,
        "severity": profile.severity,
        "finding": profile.finding,
    }
    names = [sql.Identifier(name) for name in values]
    connection.execute(
        sql.SQL(
            "insert into raw_meta.field_profiles ({names}) values ({places}) "
            "on conflict (organization_id, source, stream, field) do update set ({names}) = row({taken})"
        ).format(
            names=sql.SQL(", ").join(names),
            places=sql.SQL(", ").join(sql.Placeholder(name) for name in values),
            taken=sql.SQL(", ").join(sql.SQL("excluded.{}").format(name) for name in names),
        ),
        values,
    )
