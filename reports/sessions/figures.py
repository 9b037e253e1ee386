"""The rows of marts that a review rests on: as the marts are now for a draft, as they were for a finalised review."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import Connection, sql

from reports.sessions.reading import Session
from warehouse.periods import Quarter

Facts = dict[str, Any]
"""One row: text, booleans, None, and every number as a Decimal; days and instants as ISO 8601 text."""

MONTHS_SHOWN = 12

_OF_QUARTER: dict[str, str] = {
    "fct_fleet_overview": "client_id",
    "fct_fleet_health": "client_id",
    "fct_fleet_mix": "position",
    "fct_fleet_units": "equipment_id",
    "fct_service_performance": "client_id",
    "fct_service_costs": "client_id",
    "fct_fleet_spend_trends": "position",
    "fct_parts_and_rentals": "client_id",
    "fct_parts_categories": "position",
    "fct_value_delivered": "client_id",
    "fct_recommendations": "position",
    "fct_metrics_quarterly": "metric",
}
"""Marts of a client's quarter, and the column that orders their rows."""
_OF_MONTHS = ("fct_service_calls_monthly", "fct_rental_months")
MARTS = (*_OF_QUARTER, *_OF_MONTHS)


def figures_of(connection: Connection[Any], session: Session) -> dict[str, list[Facts]]:
    """Mart to its rows for the review: the kept ones of a finalised review, else what the marts say now."""
    if session.is_finalised:
        return kept(connection, session.organization_id, session.session_id)
    return current(connection, session.organization_id, session.client_id, session.quarter)


def kept(connection: Connection[Any], organization_id: str, session_id: str) -> dict[str, list[Facts]]:
    """The rows that were stored when the review was finalised."""
    found: dict[str, list[Facts]] = {mart: [] for mart in MARTS}
    for mart, facts in connection.execute(
        "select mart, facts::text from app.review_figures where organization_id = %s and session_id = %s "
        "order by mart, row_number",
        [organization_id, session_id],
    ):
        found.setdefault(mart, []).append(decoded(facts))
    return found


def current(connection: Connection[Any], organization_id: str, client_id: str, quarter: str) -> dict[str, list[Facts]]:
    """The rows as the marts show them now; a mart that was never built has none."""
    scope = {"organization_id": organization_id, "client_id": client_id, "quarter": quarter}
    return {mart: [decoded(text) for text in _rows(connection, mart, scope)] for mart in MARTS}


def keep(connection: Connection[Any], session: Session) -> int:
    """Store the rows of today with the review; how many. The caller commits."""
    scope = {
        "organization_id": session.organization_id,
        "client_id": session.client_id,
        "quarter": session.quarter,
    }
    rows = [
        (session.organization_id, session.session_id, mart, number, text)
        for mart in MARTS
        for number, text in enumerate(_rows(connection, mart, scope), start=1)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into app.review_figures (organization_id, session_id, mart, row_number, facts) "
            "values (%s, %s, %s, %s, %s::jsonb)",
            rows,
        )
    return len(rows)


def decoded(text: str) -> Facts:
    """A row as Postgres writes it, with exact numbers."""
    facts: Facts = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return facts


def _rows(connection: Connection[Any], mart: str, scope: dict[str, str]) -> Iterator[str]:
    if mart in _OF_MONTHS:
        last = Quarter.parse(scope["quarter"]).periods[2]
        span = {"first": str(last - (MONTHS_SHOWN - 1)), "last": str(last)}
        where, order = sql.SQL("period between %(first)s and %(last)s"), sql.Identifier("period")
    else:
        span = {}
        where, order = sql.SQL("quarter = %(quarter)s"), sql.Identifier(_OF_QUARTER[mart])
    statement = sql.SQL(
        "select to_jsonb(t)::text from marts.{} as t "
        "where organization_id = %(organization_id)s and client_id = %(client_id)s and {} order by {}"
    ).format(sql.Identifier(mart), where, order)
    try:
        with connection.transaction():
            found = connection.execute(statement, {**scope, **span}).fetchall()
    except psycopg.errors.UndefinedTable:
        return
    for (text,) in found:
        yield text
