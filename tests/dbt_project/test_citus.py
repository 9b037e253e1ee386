"""With QBR_WAREHOUSE=citus every table is spread as it should be. No Citus server: its functions are stood in for.

The stand-ins note what they were asked for, as Citus' own catalogue does.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import a_database
from tests.dbt_project.conftest import Warehouse
from tests.dbt_project.two_organizations import load_two_organizations
from warehouse.citus import spread, statements
from warehouse.settings import get_settings

STAND_INS = """
create table public.pg_dist_partition (logicalrelid regclass, partmethod text);
create function public.create_distributed_table(relation regclass, key text) returns void language sql as
    $$ insert into public.pg_dist_partition values (relation, 'by ' || key) $$;
create function public.create_reference_table(relation regclass) returns void language sql as
    $$ insert into public.pg_dist_partition values (relation, 'whole') $$;
create function public.citus_add_local_table_to_metadata(relation regclass) returns void language sql as
    $$ insert into public.pg_dist_partition values (relation, 'local') $$;
"""


@pytest.fixture
def cluster(database_url: str) -> Iterator[psycopg.Connection]:
    """A database with every raw and app table, and the stand-ins."""
    with psycopg.connect(database_url) as connection:
        connection.execute(STAND_INS)
        yield connection


def places(connection: psycopg.Connection) -> dict[str, str]:
    rows = connection.execute("select logicalrelid::text, partmethod from pg_dist_partition").fetchall()
    return {str(table): str(how) for table, how in rows}


def test_vendors_records_are_spread_by_organization(cluster: psycopg.Connection):
    spread(cluster)
    held = places(cluster)
    raw = {table: how for table, how in held.items() if table.startswith("raw_") and not table.startswith("raw_meta.")}
    assert len(raw) > 90
    assert set(raw.values()) == {"by organization_id"}


def test_small_shared_tables_are_whole_everywhere_or_stay_with_their_triggers(cluster: psycopg.Connection):
    spread(cluster)
    held = places(cluster)
    assert held["raw_meta.extraction_log"] == held["app.organizations"] == held["app.client_links"] == "whole"
    assert held["app.thresholds"] == held["app.settings"] == "local"
    assert "raw_meta.seen_records" not in held


def test_a_table_is_known_before_those_that_refer_to_it(cluster: psycopg.Connection):
    order = [one.split("'")[1] for one in statements(cluster)]
    assert order.index("app.organizations") < order.index("app.clients") < order.index("app.client_links")
    assert order.index("app.organizations") < order.index("raw_stripe.customers")


def test_what_is_spread_is_left_alone(cluster: psycopg.Connection):
    assert len(spread(cluster)) > 90
    assert spread(cluster) == []


def test_what_dbt_builds_is_spread_too_and_once(
    postgres: str, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("QBR_WAREHOUSE", "citus")
    get_settings.cache_clear()
    try:
        with a_database(postgres, template) as url:
            with psycopg.connect(url) as connection:
                connection.execute(STAND_INS)
                load_two_organizations(connection)
            warehouse = Warehouse(url, tmp_path)
            chosen = ("--select", "+fct_tickets", "+dim_metrics")
            warehouse.dbt("seed", "--select", "+dim_metrics")
            warehouse.dbt("run", *chosen)
            with psycopg.connect(url) as connection:
                held = places(connection)
                assert held["staging.stg_connectwise__tickets"] == "by organization_id"
                assert held["marts.fct_tickets"] == "by organization_id"
                assert held["marts.metric_definitions"] == "whole"
                assert not [table for table in held if "classified" in table], "views are not spread"
                connection.execute("delete from pg_dist_partition where logicalrelid::text like 'marts.dim%'")
            warehouse.dbt("run", "--select", "fct_tickets", "stg_connectwise__tickets")
            with psycopg.connect(url) as connection:
                again = connection.execute(
                    "select logicalrelid::text from pg_dist_partition group by logicalrelid having count(*) > 1"
                )
                assert again.fetchall() == []
                assert connection.execute("select count(*) from marts.fct_tickets").fetchone() == (10,)
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()
