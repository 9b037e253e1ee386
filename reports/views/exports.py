"""What an export holds: series of figures as the slides show them, or the rows of one mart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import tuple_row

from reports.errors import UnknownScope
from reports.views.query import rows

_ROWS_AT_ONCE = 5_000
_OF_NOBODY = {"dim_days", "dim_metrics"}
"""Marts of definitions and of the calendar, the same for every organization."""


@dataclass(frozen=True, slots=True)
class MartColumn:
    """A column of a mart and its type in Postgres; `scale` is the longest run of decimals in it, where it has any."""

    name: str
    kind: str
    scale: int = 0


@dataclass(frozen=True, slots=True)
class MartRows:
    """Which rows of a mart are wanted: those of one organization, of a client, of months or quarters."""

    organization_id: str
    mart: str
    client_id: str | None = None
    first: str | None = None
    last: str | None = None


def places_of_metrics(connection: Connection[Any], organization_id: str) -> dict[str, tuple[bool, bool]]:
    """Each metric of the organization with whether it has monthly figures, and whether it is a SmartNumber."""
    found = rows(
        connection,
        """
        select metric, bool_or(is_monthly) as is_monthly, bool_or(not is_monthly) as is_smartnumber
        from (
            select distinct metric, true as is_monthly from marts.fct_metrics_monthly
            where organization_id = %(organization_id)s
            union all
            select distinct metric, false from marts.fct_smartnumbers where organization_id = %(organization_id)s
        ) as known
        group by metric order by metric
        """,
        {"organization_id": organization_id},
    )
    return {row["metric"]: (row["is_monthly"], row["is_smartnumber"]) for row in found}


def client_names(connection: Connection[Any], organization_id: str) -> dict[str, str]:
    """Every client's name by id, excluded and unassigned ones too, in the order of a list for people."""
    found = rows(
        connection,
        """
        select client_id, name from marts.dim_clients where organization_id = %(organization_id)s
        order by client_id = 'unassigned', lower(name), client_id
        """,
        {"organization_id": organization_id},
    )
    return {row["client_id"]: row["name"] for row in found}


def complete_months(connection: Connection[Any], organization_id: str) -> frozenset[str]:
    """The months that are over."""
    found = rows(
        connection,
        "select period from marts.dim_periods where organization_id = %(organization_id)s and is_complete",
        {"organization_id": organization_id},
    )
    return frozenset(row["period"] for row in found)


def marts(connection: Connection[Any]) -> tuple[str, ...]:
    """Every mart there is, by name."""
    found = rows(
        connection,
        r"""
        select table_name from information_schema.tables
        where table_schema = 'marts' and (table_name like 'fct\_%%' or table_name like 'dim\_%%')
        order by table_name
        """,
        {},
    )
    return tuple(row["table_name"] for row in found)


def mart_columns(connection: Connection[Any], wanted: MartRows) -> tuple[MartColumn, ...]:
    """The mart's columns in their order. Raises UnknownScope for a mart that is not there."""
    found = rows(
        connection,
        """
        select column_name as name, data_type as kind from information_schema.columns
        where table_schema = 'marts' and table_name = %(mart)s order by ordinal_position
        """,
        {"mart": wanted.mart},
    )
    if not found or wanted.mart not in marts(connection):
        raise UnknownScope(
            f"There is no mart {wanted.mart!r}, so nothing was exported. docs/metrics.md lists the marts; "
            "`qbr build` makes them."
        )
    decimals = [row["name"] for row in found if row["kind"] == "numeric"]
    scales = _scales(connection, wanted, [row["name"] for row in found], decimals) if decimals else {}
    return tuple(MartColumn(row["name"], row["kind"], scales.get(row["name"], 0)) for row in found)


def mart_rows(
    connection: Connection[Any], wanted: MartRows, columns: Sequence[MartColumn]
) -> Iterator[tuple[Any, ...]]:
    """The rows asked for, ordered by all their columns, so that the same rows always come in the same order."""
    names = [column.name for column in columns]
    condition, values = _condition(wanted, names)
    # JSON is told as the text that Postgres keeps of it; its keys are in a fixed order there.
    chosen = [
        sql.SQL("{}::text").format(sql.Identifier(column.name))
        if column.kind in {"json", "jsonb", "ARRAY"}
        else sql.Identifier(column.name)
        for column in columns
    ]
    order = [
        sql.SQL('{} collate "C"').format(sql.Identifier(column.name))
        if column.kind == "text"
        else sql.SQL("{}::text").format(sql.Identifier(column.name))
        if column.kind in {"json", "jsonb", "ARRAY"}
        else sql.Identifier(column.name)
        for column in columns
    ]
    statement = sql.SQL("select {} from marts.{} where {} order by {}").format(
        sql.SQL(", ").join(chosen), sql.Identifier(wanted.mart), condition, sql.SQL(", ").join(order)
    )
    with connection.cursor("exported_rows", row_factory=tuple_row) as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        yield from cursor.execute(statement, values)


def _scales(
    connection: Connection[Any], wanted: MartRows, names: Sequence[str], decimals: Sequence[str]
) -> dict[str, int]:
    condition, values = _condition(wanted, names)
    statement = sql.SQL("select {} from marts.{} where {}").format(
        sql.SQL(", ").join(sql.SQL("max(scale({}))").format(sql.Identifier(name)) for name in decimals),
        sql.Identifier(wanted.mart),
        condition,
    )
    with connection.cursor(row_factory=tuple_row) as cursor:
        longest = cursor.execute(statement, values).fetchone() or ()
    return {name: scale or 0 for name, scale in zip(decimals, longest, strict=True)}


def _condition(wanted: MartRows, names: Sequence[str]) -> tuple[sql.Composable, dict[str, str | None]]:
    """What the rows must satisfy. Raises UnknownScope for a mart that cannot be cut the way it was asked for."""
    conditions: list[sql.Composable] = []
    if "organization_id" in names:
        conditions.append(sql.SQL("organization_id = %(organization_id)s"))
    elif wanted.mart not in _OF_NOBODY:
        raise UnknownScope(
            f"{wanted.mart} does not say whose its rows are, so nothing was exported: they could be another "
            "organization's. Give it an organization_id, or list it as of nobody in reports/views/exports.py."
        )
    if wanted.client_id is not None:
        if "client_id" not in names:
            raise UnknownScope(f"{wanted.mart} does not tell clients apart; export it without --client.")
        conditions.append(sql.SQL("client_id = %(client_id)s"))
    if wanted.first is not None or wanted.last is not None:
        cut = "quarter" if "Q" in (wanted.first or wanted.last or "") else "period"
        if cut not in names:
            raise UnknownScope(
                f"{wanted.mart} has no {'quarters' if cut == 'quarter' else 'months'} to choose from; export it "
                f"without --from and --to{', or give months' if 'period' in names else ''}"
                f"{', or give quarters' if cut == 'period' and 'quarter' in names else ''}."
            )
        conditions += [
            sql.SQL("{} {} {}").format(sql.Identifier(cut), sql.SQL(sign), sql.Placeholder(bound))
            for bound, sign, value in (("first", ">=", wanted.first), ("last", "<=", wanted.last))
            if value is not None
        ]
    values = {
        "organization_id": wanted.organization_id,
        "client_id": wanted.client_id,
        "first": wanted.first,
        "last": wanted.last,
    }
    return (sql.SQL(" and ").join(conditions) if conditions else sql.SQL("true")), values
