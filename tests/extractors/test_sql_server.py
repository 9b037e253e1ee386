"""What SQL Server would be asked, word by word. No server of that kind was at hand: the SQL is compiled, not run."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import types
from sqlalchemy.dialects import mssql
from sqlalchemy.dialects.mssql import DATETIME2, DATETIMEOFFSET, UNIQUEIDENTIFIER

from extractors import SOURCES
from extractors.core.database import address, arguments
from extractors.core.database_errors import told
from extractors.core.errors import CredentialsRefused, PermissionMissing, VendorError, VendorUnavailable
from extractors.core.table_queries import TableQueries
from extractors.core.walk import Scope
from extractors.core.window import Window
from tests.extractors.operational import NOW, mapped

CHICAGO = ZoneInfo("America/Chicago")
ORDERS = mapped(
    "service_orders",
    "dbo.SVC HDR",
    {
        "id": "Ord]No",
        "customer_id": "Cust",
        "order_type": "Type",
        "status": "Status",
        "opened_at": "Opened",
        "updated_at": "Changed",
    },
    {"Company": ("01", "02"), "Void": (None,)},
    time_zone="America/Chicago",
)
TYPES: Mapping[str, Any] = {
    "Ord]No": types.Integer(),
    "Cust": types.Integer(),
    "Type": types.Unicode(2),
    "Status": types.Unicode(2),
    "Opened": DATETIME2(),
    "Changed": DATETIME2(),
    "Company": types.Unicode(2),
    "Void": types.Unicode(1),
}
CONNECTION = {
    "kind": "sqlserver",
    "host": "erp.example.com",
    "port": "1433",
    "database": "erp",
    "user": "reader",
    "password": "made-up-and-never-shown",
    "tls": "yes",
}


def compiled(statement: Any) -> tuple[str, dict[str, Any]]:
    said = statement.compile(dialect=mssql.dialect(paramstyle="pyformat"), compile_kwargs={"render_postcompile": True})
    return " ".join(str(said).split()), dict(said.params)


def queries(kinds: Mapping[str, Any] = TYPES) -> TableQueries:
    return TableQueries(ORDERS, kinds)


def scope(window: Window) -> Scope:
    return Scope(ORDERS, window, NOW, CHICAGO)


def test_names_stand_in_brackets_and_a_bracket_in_a_name_is_doubled() -> None:
    asked, _ = compiled(queries().rows(queries().whole))
    assert "FROM [dbo].[SVC HDR]" in asked
    assert "[dbo].[SVC HDR].[Ord]]No] AS id" in asked
    assert asked.endswith("ORDER BY [dbo].[SVC HDR].[Ord]]No]")


def test_constants_and_times_are_bound_and_never_part_of_the_text() -> None:
    (_, marked) = queries().parts(scope(Window("changes", since=NOW - timedelta(days=1))))
    asked, values = compiled(queries().rows(marked))
    assert "'" not in asked
    assert "2026" not in asked
    # An hour earlier than the day before: clocks may have gone back.
    assert set(values.values()) == {"01", "02", datetime(2026, 7, 5, 8), datetime(2026, 7, 6, 9)}  # noqa: DTZ001
    assert "[Void] IS NULL" in asked
    assert asked.endswith("ORDER BY [dbo].[SVC HDR].[Changed], [dbo].[SVC HDR].[Ord]]No]")


def test_a_broken_read_goes_on_behind_the_mark_and_the_key() -> None:
    (_, marked) = queries().parts(scope(Window("changes", since=NOW - timedelta(days=1))))
    after = {"part": "marked", "key": "41", "mark": "2026-07-06T08:15:00.123000"}
    asked, values = compiled(queries().rows(marked, after))
    changed, key = "[dbo].[SVC HDR].[Changed]", "[dbo].[SVC HDR].[Ord]]No]"
    beyond = re.sub(r"%\(.*?\)s", "?", asked)
    assert f"AND ({changed} > ? OR {changed} = ? AND {key} > ?) ORDER BY" in beyond
    assert 41 in values.values()
    assert datetime(2026, 7, 6, 8, 15, 0, 123000) in values.values()  # noqa: DTZ001


def test_what_was_never_marked_is_asked_for_apart() -> None:
    unmarked, _ = queries().parts(scope(Window("changes", since=NOW)))
    asked, _ = compiled(queries().rows(unmarked))
    assert "[Changed] IS NULL" in asked
    assert asked.endswith("ORDER BY [dbo].[SVC HDR].[Ord]]No]")


def test_the_count_has_the_same_conditions_and_no_order() -> None:
    from sqlalchemy import func, select

    month = Window("dated", start=datetime(2026, 6, 1, 5, tzinfo=UTC), end=datetime(2026, 7, 1, 5, tzinfo=UTC))
    (dated,) = queries().parts(scope(month))
    rows, row_values = compiled(queries().rows(dated))
    counted, count_values = compiled(select(func.count()).select_from(queries().unordered(dated).subquery()))
    assert rows.split(" WHERE ")[1].split(" ORDER BY ")[0] == counted.split(" WHERE ")[1].removesuffix(") AS anon_1")
    assert "ORDER BY" not in counted
    assert row_values == count_values
    assert datetime(2026, 6, 1) in row_values.values()  # noqa: DTZ001


def test_rights_are_tried_without_reading_a_row() -> None:
    asked, _ = compiled(queries().rows(queries().whole).limit(0))
    assert asked.startswith("SELECT TOP 0 ")


def test_a_column_that_names_its_zone_is_compared_with_an_instant() -> None:
    zoned = queries({**TYPES, "Changed": DATETIMEOFFSET(), "Ord]No": UNIQUEIDENTIFIER()})
    (_, marked) = zoned.parts(scope(Window("changes", since=NOW - timedelta(days=1))))
    _, values = compiled(zoned.rows(marked))
    assert NOW in values.values()


def test_the_driver_is_told_that_we_only_read_and_that_nothing_travels_in_the_clear() -> None:
    told_to_driver = arguments(CONNECTION)
    assert told_to_driver["read_only"] is True
    assert told_to_driver["encryption"] == "require"
    assert address(CONNECTION).drivername == "mssql+pymssql"
    assert "made-up" not in str(address(CONNECTION))


class Refusal(Exception):
    """As pymssql raises it: the number first."""


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (18456, CredentialsRefused, "refused the user or the password"),
        (4060, CredentialsRefused, "has no database of that name"),
        (229, PermissionMissing, "does not let this user read it"),
        (3952, PermissionMissing, "ALLOW_SNAPSHOT_ISOLATION ON"),
        (20009, VendorUnavailable, "could not be reached"),
        (20003, VendorUnavailable, "within the time"),
    ],
)
def test_its_numbers_are_told_in_the_same_sentences(number: int, kind: type[VendorError], words: str) -> None:
    from sqlalchemy.exc import OperationalError

    error = OperationalError("select 1", {}, Refusal((number, b"made-up-and-never-shown at erp.example.com")))
    answer = told(error, SOURCES["opsdb"], "service_orders")
    assert type(answer) is kind
    assert words in str(answer)
    assert "never-shown" not in str(answer)
    assert "select" not in str(answer)
