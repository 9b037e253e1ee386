"""`qbr build --full-refresh`: tables that an older version left are built from scratch.

A build notices by itself that it is of another version (tests/test_partial_run.py); this is the way by hand, for tables
that were changed by hand.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from orchestration import checks, pipeline, transformation
from orchestration.selection import one_organization
from tests.command import qbr
from tests.dbt_project.two_organizations import put, ticket
from tests.installation import installed
from warehouse.settings import PROJECT_ROOT

AS_OF = "2026-07-06T14:00:00Z"
ENOUGH = ("+fct_tickets", "+fct_metrics_monthly")
"""What is looked at here, and what a build looks for changed figures in. More would only take its time."""
OLD = "as an older version had it"


@pytest.fixture
def database(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The demonstration's organization with a ticket, built by another version, which knew no types of tickets."""
    build = transformation.build

    def enough(url: str, *, full_refresh: bool = False, **_: Any) -> list[transformation.DbtResult]:
        return build(url, select=ENOUGH, full_refresh=full_refresh)

    monkeypatch.setattr(transformation, "build", enough)
    monkeypatch.setattr(checks, "run", lambda *_, **__: [])
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "demo-msp.yml").write_text((PROJECT_ROOT / "config" / "demo-msp.yml").read_text())
    with installed(database_url, tmp_path / "var", tmp_path / "config", as_of=AS_OF, builds=True):
        pipeline.prepare([one_organization(None)])
        with psycopg.connect(database_url) as connection:
            put(connection, "raw_connectwise.tickets", "demo-msp", ticket(1, "2026-06-20T12:00:00Z"))
        assert qbr("build").exit_code == 0
        with psycopg.connect(database_url) as connection:
            connection.execute("alter table staging.stg_connectwise__tickets drop column ticket_type cascade")
            connection.execute("update marts.fct_tickets set summary = %s", [OLD])
        yield database_url


def test_tables_of_another_version_are_built_anew_when_asked_for(database: str) -> None:
    alone = qbr("build")
    assert alone.exit_code == 2
    assert "stg_connectwise__tickets" in alone.sentence
    assert "--full-refresh" in alone.sentence
    assert rows(database, "select summary from marts.fct_tickets") == [(OLD,)]

    anew = qbr("build", "--full-refresh")
    assert (anew.exit_code, anew.err) == (0, "")
    assert rows(database, "select ticket_id, summary from marts.fct_tickets") == [("1", ticket(1, "")["summary"])]
    assert rows(database, "select count(ticket_type), count(*) from staging.stg_connectwise__tickets") == [(0, 1)]
    assert rows(database, "select count(*) from raw_connectwise.tickets where deleted_at is null") == [(1,)]


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]
