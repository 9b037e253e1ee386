"""One warehouse for all tests of the dbt project: built empty, then with two small organizations.

dbt takes seconds to start, so it runs in this process and each state of the warehouse is built once a session.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from orchestration.transformation import dbt_environment, rarely_collecting
from tests.dbt_project.two_organizations import AS_OF, load_two_organizations
from tests.parsed_project import database_name, give_parsed

DESCRIBING = {"parse", "docs"}
"""The commands that are given for the files they write."""


@dataclass(frozen=True)
class Warehouse:
    """A database and what dbt makes of it."""

    url: str
    target: Path

    def dbt(self, *arguments: str) -> Any:
        """What one dbt command returned; fails the test where the command failed or warned about anything."""
        from dbt.cli.main import dbtRunner

        variables = ("--vars", f"as_of: '{AS_OF}'")
        described = () if arguments[0] in DESCRIBING else ("--no-write-json",)  # two seconds, and nobody reads it
        give_parsed(self.url, self.target, *variables)
        with pytest.MonkeyPatch.context() as patch, rarely_collecting():
            for name, value in dbt_environment(self.url).items():
                patch.setenv(name, value)
            outcome = dbtRunner().invoke(
                [
                    *arguments,
                    *variables,
                    *("--target-path", str(self.target), "--log-path", str(self.target)),
                    *described,
                    *("--quiet", "--no-use-colors", "--log-level-file", "none"),
                ]
            )
        if outcome.exception is not None:
            raise outcome.exception
        troubles = [
            f"{result.node.unique_id}: {result.status} {result.message}"
            for result in getattr(outcome.result, "results", [])
            if result.status not in {"success", "pass", "no-op"}
        ]
        assert outcome.success, "\n".join(troubles)
        assert not troubles, "\n".join(troubles)
        return outcome.result

    def rows(self, query: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of a query, instants in UTC."""
        with psycopg.connect(self.url, options="-c timezone=UTC") as connection:
            return connection.execute(query, parameters).fetchall()  # type: ignore[arg-type]

    def execute(self, statement: str) -> None:
        """Run a statement and commit it."""
        with psycopg.connect(self.url) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def checksums(self) -> dict[str, Any]:
        """Rows and a checksum of their contents, of every table dbt built."""
        tables = self.rows(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('staging', 'intermediate', 'marts') and table_type = 'BASE TABLE'"
        )
        return {
            f"{schema}.{table}": self.rows(
                sql.SQL("select count(*), md5(string_agg(rows::text, '|' order by rows::text)) from {} as rows")
                .format(sql.Identifier(schema, table))
                .as_string()
            )[0]
            for schema, table in tables
        }


@pytest.fixture(scope="session")
def empty_warehouse(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Every raw and app table without a row."""
    name = database_name(f"qbr_dbt_{os.getpid()}")
    facts = {**psycopg.conninfo.conninfo_to_dict(postgres), "dbname": name}
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    warehouse = Warehouse(psycopg.conninfo.make_conninfo(**facts), tmp_path_factory.mktemp("dbt"))
    yield warehouse
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@dataclass(frozen=True)
class FirstBuild:
    """How the build over empty tables went, and what it left."""

    results: list[Any]
    checksums: dict[str, Any]


@pytest.fixture(scope="session")
def first_build(empty_warehouse: Warehouse) -> FirstBuild:
    """The first build, over empty tables, with every data test and unit test."""
    return FirstBuild(empty_warehouse.dbt("build").results, empty_warehouse.checksums())


@pytest.fixture(scope="session")
def manifest(empty_warehouse: Warehouse) -> Any:
    """What dbt knows of the project: every model with its columns, configuration and description."""
    return empty_warehouse.dbt("parse")


@pytest.fixture(scope="session")
def warehouse(empty_warehouse: Warehouse, first_build: FirstBuild) -> Warehouse:
    """The two organizations loaded, and built on top of the first build."""
    assert first_build.results
    with psycopg.connect(empty_warehouse.url) as connection:
        load_two_organizations(connection)
    empty_warehouse.dbt("build", "--exclude-resource-type", "unit_test")
    return empty_warehouse
