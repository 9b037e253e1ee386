"""The models build over nothing, over two organizations, and again without changing a row."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import psycopg

from tests.dbt_project.conftest import FirstBuild, Warehouse
from tests.dbt_project.two_organizations import put, ticket


def test_everything_builds_over_empty_tables_and_every_test_passes(first_build: FirstBuild):
    kinds = Counter(str(result.node.resource_type) for result in first_build.results)
    assert kinds["model"] > 50
    assert kinds["test"] > 50
    assert kinds["unit_test"] > 30


def test_an_empty_warehouse_has_no_figures(first_build: FirstBuild):
    facts = {table: rows for table, (rows, _) in first_build.checksums.items() if table.startswith("marts.fct_")}
    assert len(facts) > 5
    assert set(facts.values()) == {0}


def test_figures_follow_the_zone_and_the_rules_of_their_own_organization(warehouse: Warehouse):
    """Both organizations hold the same records under the same ids; only zones and rules differ."""
    figures = warehouse.rows(
        """
        select organization_id, period, metric, value, reason
        from intermediate.int_operations_metrics_counted
        where client_id = 'all' and period = '2026-02'
        """
    )
    assert {(organization, metric): (value, reason) for organization, _, metric, value, reason in figures} == {
        # ticket 1 was opened in January by the clocks of Chicago; 3 is a child, 5 on another board
        ("north", "reactive_tickets_created"): (2, None),
        ("north", "reactive_tickets_closed"): (1, None),
        ("north", "reactive_time_spent"): (Decimal("1.75"), None),
        ("north", "endpoints_managed"): (2, None),
        ("north", "seats_managed"): (1, None),
        ("north", "agreements"): (1, None),
        # February begins before 06:00 UTC in Tokyo, so the reads do not reach over all of it
        ("south", "reactive_tickets_created"): (None, "ConnectWise tickets are known only from 2026-02-01 on."),
        ("south", "reactive_tickets_closed"): (None, "ConnectWise tickets are known only from 2026-02-01 on."),
        ("south", "reactive_time_spent"): (
            None,
            " ".join(
                f"ConnectWise {records} are known only from 2026-02-01 on." for records in ("time entries", "tickets")
            ),
        ),
        ("south", "endpoints_managed"): (2, None),
        ("south", "seats_managed"): (1, None),
        ("south", "agreements"): (None, "ConnectWise agreements are known only from 2026-02-01 on."),
    }


def test_the_zone_of_the_server_changes_no_figure(warehouse: Warehouse):
    """Receipts hold instants as text, and a vendor's time without a zone is UTC wherever the server stands."""
    before = warehouse.checksums()
    database = psycopg.conninfo.conninfo_to_dict(warehouse.url)["dbname"]
    warehouse.execute(f"alter database {database} set timezone = 'Asia/Kolkata'")
    try:
        warehouse.dbt("build", "--select", "int_smartnumbers_calculated+", "--exclude-resource-type", "unit_test")
    finally:
        warehouse.execute(f"alter database {database} reset timezone")
    assert warehouse.checksums() == before


def test_what_belongs_to_no_client_is_kept_under_unassigned(warehouse: Warehouse):
    figures = warehouse.rows(
        """
        select client_id, value from intermediate.int_operations_metrics_counted
        where organization_id = 'north' and period = '2026-02' and metric = 'reactive_tickets_created'
        """
    )
    assert dict(figures) == {"all": 2, "acorn-bakery": 1, "unassigned": 1}


def test_a_missing_rule_is_a_missing_figure(warehouse: Warehouse):
    figures = warehouse.rows(
        """
        select value, reason from intermediate.int_operations_metrics_counted
        where organization_id = 'south' and period = '2026-03' and metric = 'agreements' and client_id = 'all'
        """
    )
    assert figures == [(None, "No agreement type is configured to be a managed service.")]


def test_every_month_that_has_begun_has_every_metric(warehouse: Warehouse):
    months = warehouse.rows(
        """
        select organization_id, metric, array_agg(period order by period)
        from intermediate.int_operations_metrics_counted where client_id = 'all' group by 1, 2
        """
    )
    assert len(months) == 2 * 6
    assert all(periods == ["2026-01", "2026-02", "2026-03"] for _, _, periods in months)


def test_a_client_is_one_row_with_its_records_in_four_systems(warehouse: Warehouse):
    assert warehouse.rows(
        """
        select ninjaone_organization_id, connectwise_company_id, stripe_customer_id, quickbooks_customer_id
        from marts.dim_clients where organization_id = 'north' and client_id = 'acorn-bakery'
        """
    ) == [("10", "7", "cus_1", "70")]


def test_freshness_is_judged_by_complete_reads(warehouse: Warehouse):
    """A run that failed later does not make a stream fresher; it shows as the last outcome."""
    warehouse.execute(
        """
        insert into raw_meta.extraction_log (
            run_id, organization_id, source, stream, window_kind, as_of, outcome, error
        ) values ('run-2', 'north', 'connectwise', 'tickets', 'all', '2026-03-11', 'failed', 'The vendor was away.')
        """
    )
    try:
        warehouse.dbt("run", "--select", "fct_source_freshness")
        assert warehouse.rows(
            """
            select completed_as_of, last_outcome, last_error, records, is_certified from marts.fct_source_freshness
            where organization_id = 'north' and stream = 'tickets'
            """
        ) == [(datetime(2026, 3, 10, 12, tzinfo=UTC), "failed", "The vendor was away.", 5, True)], (
            "five live records are held"
        )
    finally:
        warehouse.execute("delete from raw_meta.extraction_log where run_id = 'run-2'")
        warehouse.dbt("run", "--select", "fct_source_freshness")


def test_a_second_build_changes_nothing(warehouse: Warehouse):
    before = warehouse.checksums()
    warehouse.dbt("run")
    assert warehouse.checksums() == before


def test_a_later_build_reads_what_was_touched_since_organization_by_organization(warehouse: Warehouse):
    """Older than an organization's own newest row by more than an hour is not read again; a new organization is."""
    with psycopg.connect(warehouse.url) as connection:
        connection.execute("create table public.kept as select * from raw_connectwise.companies")
        for organization, hours in (("north", 0), ("south", 3)):
            put(connection, "raw_connectwise.companies", organization, {"id": 8, "name": "Newest"})
            connection.execute(
                "update raw_connectwise.companies set extracted_at = extracted_at - interval '1 hour' * %s "
                "where organization_id = %s and record_id = '8'",
                [hours, organization],
            )
    warehouse.dbt("run", "--select", "stg_connectwise__companies")
    warehouse.execute(
        """
        update raw_connectwise.companies set record = '{"name": "Edited"}',
            extracted_at = (select max(extracted_at) from raw_connectwise.companies) - interval '2 hours'
        where record_id = '7'
        """
    )
    # What the loader never does, moving a stamp back, shows what a build reads: north is ahead of it, south is not.
    warehouse.execute(
        """
        update staging.stg_connectwise__companies
        set extracted_at = extracted_at - interval '3 hours' where organization_id = 'south'
        """
    )
    try:
        warehouse.dbt("run", "--select", "stg_connectwise__companies")
        names = warehouse.rows(
            "select organization_id, company_name from staging.stg_connectwise__companies "
            "where connectwise_company_id = '7'"
        )
        assert dict(names) == {"north": "Acorn Bakery, Inc.", "south": "Edited"}
    finally:
        warehouse.execute(
            "delete from raw_connectwise.companies; "
            "insert into raw_connectwise.companies select * from public.kept; drop table public.kept"
        )
        warehouse.dbt("run", "--select", "stg_connectwise__companies", "--full-refresh")


def test_a_change_and_a_deletion_arrive_and_equal_a_build_from_scratch(warehouse: Warehouse):
    """The incremental way and the way from scratch must lead to the same tables."""
    with psycopg.connect(warehouse.url) as connection:
        put(connection, "raw_connectwise.tickets", "north", ticket(2, "2026-02-10T12:00:00Z", "2026-02-20T12:00:00Z"))
        connection.execute(
            "update raw_connectwise.tickets set deleted_at = clock_timestamp(), extracted_at = clock_timestamp() "
            "where organization_id = 'north' and record_id = '4'"
        )
    warehouse.dbt("run")
    figures = warehouse.rows(
        """
        select metric, value from intermediate.int_operations_metrics_counted
        where organization_id = 'north' and client_id = 'all' and period = '2026-02' and metric ~ '^reactive_tickets'
        """
    )
    assert dict(figures) == {"reactive_tickets_created": 1, "reactive_tickets_closed": 2}
    incremental = warehouse.checksums()
    warehouse.dbt("run", "--full-refresh")
    assert warehouse.checksums() == incremental
