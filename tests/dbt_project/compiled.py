"""The SQL of a model as dbt compiles it, reading temporary tables that a test filled: a query, not a build."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from tests.dbt_project.conftest import Warehouse


def compiled(warehouse: Warehouse, *models: str) -> dict[str, str]:
    """What each model selects, with every table named by schema and name."""
    result = warehouse.dbt("compile", "--select", *models)
    return {one.node.name: one.node.compiled_code for one in result.results}


def over(statement: str, tables: Iterable[str]) -> str:
    """The statement, reading these tables from the session's own."""
    for table in tables:
        statement = re.sub(rf'"\w+"\."\w+"\."{table}"', f"pg_temp.{table}", statement)
    return statement


def fill(connection: psycopg.Connection, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
    """Make a temporary table anew and put the rows into it."""
    connection.execute(f"drop table if exists pg_temp.{table}")  # type: ignore[arg-type]
    connection.execute(f"create temporary table {table} ({columns})")  # type: ignore[arg-type]
    with connection.cursor().copy(f"copy pg_temp.{table} from stdin") as copy:  # type: ignore[arg-type]
        for row in rows:
            copy.write_row(row)
    connection.execute(f"analyze pg_temp.{table}")  # type: ignore[arg-type]
