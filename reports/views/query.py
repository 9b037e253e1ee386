"""The one way a view asks Postgres: a constant statement, named parameters, rows as dictionaries."""

from collections.abc import Mapping
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import dict_row

Row = dict[str, Any]


def rows(connection: Connection[Any], statement: LiteralString, parameters: Mapping[str, object]) -> list[Row]:
    """All rows of `statement`."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def one(connection: Connection[Any], statement: LiteralString, parameters: Mapping[str, object]) -> Row | None:
    """The first row of `statement`, or None."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, parameters).fetchone()
