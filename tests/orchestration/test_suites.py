"""Every suite lets good rows pass and finds what is planted; each of its expectations is planted once."""

import re
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from expectations import SUITES, Suite
from orchestration import checks
from tests.installation import installed
from warehouse.settings import PROJECT_ROOT

MARTS = """
create schema if not exists marts;
create table marts.fct_metrics_monthly (
    organization_id text, client_id text default 'all', period text, metric text, unit text, value numeric, reason text,
    is_complete_period boolean default true
);
create table marts.fct_smartnumbers (
    organization_id text, quarter text, metric text, value numeric, reason text, is_headline boolean default true
);
create table marts.dim_periods (organization_id text, period text, is_complete boolean);
create table marts.fct_unmapped_accounts (organization_id text, period text, account_name text, amount numeric);
create table marts.fct_profit_and_loss_ties (
    organization_id text, period text, basis text, report_group text, difference numeric
);
alter table marts.dim_periods
    add column starts_at timestamptz, add column ends_at timestamptz, add column is_current boolean default false;
create table marts.dim_organizations (
    organization_id text, currency text, history_start text, current_period text, as_of timestamptz
);
create table marts.dim_clients (organization_id text, client_id text, name text);
create table marts.fct_source_freshness (
    organization_id text, source text, stream text, completed_as_of timestamptz
);
create table marts.fct_tickets (
    organization_id text, ticket_id text, client_id text, entered_at timestamptz, closed_at timestamptz
);
create table marts.fct_time_entries (
    organization_id text, member_identifier text, entered_period text, hours numeric
);
create table marts.fct_device_months (
    organization_id text, device_id text, period text, is_endpoint boolean, is_seat boolean, exclusion_reason text
);
create table marts.fct_agreements (
    organization_id text, agreement_id text, start_date date, end_date date, monthly_amount numeric
);
create table marts.fct_profit_and_loss (organization_id text, period text, report_group text, amount numeric);
create table marts.fct_metrics_quarterly (
    organization_id text, metric text, value numeric, reason text, months_present integer
);
create table marts.fct_missing_inputs (organization_id text, reason text);
create table marts.fct_mrr_movements (
    organization_id text, client_id text, period text, opening_mrr numeric, fx_mrr numeric default 0,
    new_mrr numeric default 0, expansion_mrr numeric default 0, reactivation_mrr numeric default 0,
    contraction_mrr numeric default 0, churn_mrr numeric default 0, closing_mrr numeric
);
create table marts.fct_revenue_monthly (organization_id text, mrr_run_rate numeric, customer_churn_rate numeric);
create table marts.fct_dunning_months (organization_id text, open_amount numeric, reason text);
create table marts.fct_executive_snapshots (organization_id text, total_customers integer, dau integer, mau integer);
create table marts.fct_investor_metrics (
    organization_id text, uptime_percentage numeric, lead_conversion_rate numeric
);
create table marts.fct_fleet_overview (
    organization_id text, client_id text, quarter text, units integer, units_owned integer, units_leased integer,
    units_rented integer, units_ownership_unknown integer
);
create table marts.fct_recommendations (
    organization_id text, is_recommended boolean, title text, description text
);
create table marts.fct_smartnumber_drivers (
    organization_id text, quarter text, metric text, contribution numeric, change numeric
);
create table marts.fct_smartnumber_client_drivers (organization_id text, contribution numeric);
create table marts.fct_metric_anomalies (
    organization_id text, metric text, period text, value numeric, median numeric, is_anomaly boolean
);
create table marts.fct_restatements (organization_id text, cause text);
create table marts.fct_ledger_ties (
    organization_id text, statement text, period text, account_name text, difference numeric, reason text
);
create table marts.fct_aged_receivable_ties (
    organization_id text, period text, customer_name text, difference numeric, reason text
);
create table marts.fct_data_readiness_months (organization_id text, data_readiness_score numeric, reason text);
insert into marts.fct_mrr_movements (organization_id, client_id, period, opening_mrr, churn_mrr, closing_mrr) values
    ('good', 'acme', '2026-05', 100, 100, 0), ('bad', 'acme', '2026-05', 100, 40, 0);
insert into marts.fct_revenue_monthly values ('good', 100, 0.1), ('good', null, null), ('bad', -1, 1.5);
insert into marts.fct_dunning_months values
    ('good', 0, null), ('good', null, 'not read'), ('bad', -5, null), ('bad', null, '');
insert into marts.fct_executive_snapshots values ('good', 3, 1, 2), ('good', null, null, 2), ('bad', -1, 9, 2);
insert into marts.fct_investor_metrics values ('good', 99.9, 0.2), ('good', null, null), ('bad', 101, 1.2);
insert into marts.fct_fleet_overview values
    ('good', 'all', '2026-Q2', 4, 1, 1, 1, 1), ('bad', 'all', '2026-Q2', 4, 1, 1, 1, 0);
insert into marts.fct_recommendations values
    ('good', true, 'Replace', 'Old'), ('good', false, null, null), ('bad', true, '', null);
insert into marts.fct_smartnumber_drivers values
    ('good', '2026-Q2', 'aisp', 1, 3), ('good', '2026-Q2', 'aisp', 2, 3), ('good', '2026-Q1', 'aisp', null, 3),
    ('bad', '2026-Q2', 'aisp', 1, 3);
insert into marts.fct_smartnumber_client_drivers values ('good', 1), ('bad', null);
insert into marts.fct_metric_anomalies values
    ('good', 'seats_managed', '2026-05', 9, 3, true), ('good', 'seats_managed', '2026-04', null, null, false),
    ('bad', 'seats_managed', '2026-05', null, 3, true);
insert into marts.fct_restatements values ('good', 'Books changed'), ('bad', ' ');
insert into marts.fct_ledger_ties values
    ('good', 'profit_and_loss', '2026-05', 'Sales', 0, null),
    ('good', 'profit_and_loss', '2026-05', 'Rent', 1, 'older'),
    ('bad', 'profit_and_loss', '2026-05', 'Sales', 1, null);
insert into marts.fct_aged_receivable_ties values
    ('good', '2026-05', 'Acme', 0, null), ('bad', '2026-05', 'Acme', 1, '');
insert into marts.fct_data_readiness_months values
    ('good', 0.9, null), ('good', null, 'no tickets'), ('bad', 2, null), ('bad', null, null);
insert into marts.dim_periods values
    ('good', '2026-05', true, '2026-05-01', '2026-06-01', false),
    ('good', '2026-06', false, '2026-06-01', '2026-07-01', true),
    ('bad', '2026-05', true, '2026-05-01', '2026-05-31', false);
"""
KEEP = "run_id, record_hash, first_seen_at, extracted_at"
KEPT = "'r', '\\x00', now(), now()"


def raw(table: str, organization: str, *records: str) -> str:
    """Rows of a raw table, from the vendor's records."""
    return "".join(
        f"insert into raw_{table} (organization_id, record_id, record, {KEEP}) "
        f"values ('{organization}', '{number}', '{record}', {KEPT});"
        for number, record in enumerate(records)
    )


def monthly(organization: str, *rows: str) -> str:
    columns = "organization_id, period, metric, unit, value, reason"
    return "".join(f"insert into marts.fct_metrics_monthly ({columns}) values ('{organization}', {r});" for r in rows)


def smartnumbers(organization: str, *rows: str) -> str:
    columns = "organization_id, quarter, metric, value, reason"
    return "".join(f"insert into marts.fct_smartnumbers ({columns}) values ('{organization}', {r});" for r in rows)


EIGHTEEN = (
    *("total_close_pct", "reactive_service_pct", "net_profit_pct", "revenue_from_services_pct"),
    *("services_from_mrr_pct", *(f"metric_{number}" for number in range(6, 19))),
)
LOG = (
    "insert into raw_meta.extraction_log "
    "(organization_id, source, stream, run_id, window_kind, as_of, started_at, finished_at, outcome, records, "
    "vendor_count) "
    "values ('{}', 'connectwise', 'tickets', 'r', 'all', now(), now(), now(), 'complete', 10, {});"
)
GOOD = (
    raw("ninjaone.devices", "good", '{"id": 1, "nodeClass": "MAC", "organizationId": 7}')
    + raw(
        "connectwise.tickets",
        "good",
        '{"board": {"name": "Help Desk"}, "status": {"name": "New"}, "_info": {"dateEntered": "2026-05-01T00:00:00Z"}}',
    )
    + raw("connectwise.time_entries", "good", '{"actualHours": 7.5}', '{"actualHours": 24}')
    + LOG.format("good", 10)
    + monthly(
        "good",
        "'2026-04', 'reactive_tickets_created', 'count', 100, null",
        "'2026-05', 'reactive_tickets_created', 'count', 140, null",
        "'2026-05', 'net_income', 'usd', -5, null",
        "'2026-05', 'employees', 'fte', null, 'nobody entered it'",
    )
    + smartnumbers("good", *(f"'2026-Q2', '{metric}', 0.9, null" for metric in EIGHTEEN))
    + "insert into marts.fct_unmapped_accounts values ('good', '2026-06', 'New account', 12);"
    + "insert into marts.fct_profit_and_loss_ties values ('good', '2026-05', 'Accrual', 'Income', 0);"
    + "insert into marts.dim_organizations values ('good', 'USD', '2026-05', '2026-06', '2026-06-10');"
    + "insert into marts.dim_clients values ('good', 'acorn', 'Acorn');"
    + "insert into marts.fct_source_freshness values ('good', 'stripe', 'charges', '2026-06-10');"
    + "insert into marts.fct_tickets values ('good', '1', 'acorn', '2026-05-02', '2026-05-03'),"
    + " ('good', '2', 'unassigned', '2026-05-02', null);"
    + "insert into marts.fct_time_entries values ('good', 'ada', '2026-05', 160);"
    + "insert into marts.fct_device_months values ('good', '1', '2026-05', true, true, null),"
    + " ('good', '2', '2026-05', false, false, 'A spare.');"
    + "insert into marts.fct_agreements values ('good', '1', '2026-01-01', null, 1200);"
    + "insert into marts.fct_profit_and_loss values ('good', '2026-05', 'Income', 10),"
    + " ('good', '2026-05', 'Expenses', 7);"
    + "insert into marts.fct_metrics_quarterly values ('good', 'mrr', null, 'Nobody entered it.', 0);"
    + "insert into marts.fct_missing_inputs values ('good', 'Nobody entered it.');"
)
REJECTED = (
    "insert into raw_meta.rejected_records "
    "(organization_id, source, stream, run_id, record_id, body, body_hash, reason) "
    "values ('bad', 'stripe', 'charges', 'r', null, '{}', '\\x00', 'no id');"
)
BAD = {
    **{
        f"mapped_fields_of_{source}": "insert into raw_meta.profiled_streams values "
        f"('bad', '{source}', 'things', now(), '7 records were rejected', 'r');"
        "insert into raw_meta.field_profiles (organization_id, source, stream, field, is_mapped, records, present, "
        f"severity, finding) values ('bad', '{source}', 'things', 'name', true, 9, 9, 'warning', 'name has no value');"
        for source in ("ninjaone", "connectwise", "stripe", "quickbooks")
    },
    "plausible_organization": "insert into marts.dim_organizations values "
    "('bad', '', '2027-01', '2026-06', '2026-06-10');",
    "named_clients": "insert into marts.dim_clients values ('bad', 'nobody', ' ');",
    "unbroken_months": "insert into marts.dim_periods values "
    "('bad', '2026-07', false, '2026-07-01', '2026-08-01', false);",
    "read_in_time": "insert into marts.fct_source_freshness values ('bad', 'stripe', 'charges', '2026-06-12');",
    "plausible_ticket_facts": "insert into marts.fct_tickets values "
    "('bad', '1', 'unassigned', '2026-05-05', '2026-05-03');",
    "plausible_months_of_work": "insert into marts.fct_time_entries values ('bad', 'ada', '2026-05', 745);",
    "plausible_device_months": "insert into marts.fct_device_months values ('bad', '1', '2026-05', false, true, null);",
    "plausible_agreements": "insert into marts.fct_agreements values ('bad', '1', '2026-02-01', '2026-01-01', -1);",
    "plausible_income": "insert into marts.fct_profit_and_loss values ('bad', '2026-05', 'Expenses', 7);",
    "explained_quarters": "insert into marts.fct_metrics_quarterly values ('bad', 'mrr', null, '', 4);",
    "explained_missing_inputs": "insert into marts.fct_missing_inputs values ('bad', '');",
    "plausible_devices": raw("ninjaone.devices", "bad", '{"id": 1, "nodeClass": "TOASTER"}'),
    "plausible_tickets": raw("connectwise.tickets", "bad", '{"closedFlag": true}'),
    "plausible_time_entries": raw("connectwise.time_entries", "bad", '{"actualHours": -1}', '{"actualHours": 25}'),
    "rejected_records": REJECTED,
    "vendor_totals": LOG.format("bad", 11),
    "mapped_accounts": "insert into marts.fct_unmapped_accounts values ('bad', '2026-05', 'Petty cash', 12);",
    "tied_books": "insert into marts.fct_profit_and_loss_ties values ('bad', '2026-05', 'Accrual', 'Income', 0.01);",
    "plausible_monthly_metrics": monthly(
        "bad", "'2026-05', 'seats_managed', 'count', -1, null", "'2026-05', 'employees', 'fte', null, ''"
    ),
    "steady_monthly_metrics": monthly(
        "bad",
        "'2026-03', 'endpoints_managed', 'count', 100, null",
        "'2026-04', 'endpoints_managed', 'count', 151, null",
    ),
    "quiet_months": monthly("bad", "'2026-06', 'reactive_tickets_created', 'count', 0, null"),
    "plausible_smartnumbers": smartnumbers(
        "bad",
        "'2026-Q2', 'total_close_pct', 3.5, null",
        "'2026-Q2', 'reactive_service_pct', 1.1, null",
        "'2026-Q2', 'net_profit_pct', -3, null",
        "'2026-Q2', 'revenue_from_services_pct', 2, null",
        "'2026-Q2', 'aisp', null, null",
    ),
    "whole_smartnumbers": smartnumbers("bad", "'2026-Q1', 'aisp', 1, null"),
}


@pytest.fixture(scope="module")
def warehouse(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A database with the good rows and the planted ones, each under an organization of its own."""
    with psycopg.connect(module_database_url) as connection:
        connection.execute(MARTS + GOOD + "".join(BAD.values()))
    with installed(module_database_url, tmp_path_factory.mktemp("var")):
        yield


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_good_rows_pass(warehouse: None, suite: Suite) -> None:
    outcome = checks.run_suite(suite, "good")
    assert outcome.is_passed, outcome.message


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_each_expectation_finds_what_is_planted(warehouse: None, suite: Suite) -> None:
    outcome = checks.run_suite(suite, "bad")
    assert not outcome.is_passed
    assert len(outcome.observed["failed"]) == len(suite.expectations), outcome.message
    assert outcome.severity == suite.worst
    assert checks.blocks(outcome) == (suite.worst == "error")
    assert all(expect.notes in outcome.message for expect in suite.expectations)


def test_an_organization_without_rows_fails_nothing(warehouse: None) -> None:
    """Somebody who lives on imported figures has no raw rows at all."""
    assert all(checks.run_suite(suite, "empty").is_passed for suite in SUITES)


def test_a_check_that_cannot_run_is_not_one_that_passed(warehouse: None) -> None:
    broken = replace(SUITES[0], query="select 1 as something_else where {organization_id} is not null")
    with pytest.raises(checks.CheckFailed, match="says nothing about the data of good"):
        checks.run_suite(broken, "good")


@pytest.mark.filterwarnings("ignore")  # the library's own import warns
def test_great_expectations_knows_every_kind() -> None:
    from great_expectations.expectations.registry import list_registered_expectation_implementations

    known = set(list_registered_expectation_implementations())
    assert {expect.kind for suite in SUITES for expect in suite.expectations} <= known


def test_every_mart_that_a_report_reads_has_a_suite() -> None:
    """Marts without rows of organizations, such as the list of metrics, come from a file and are held by its tests."""
    of_no_organization = {"dim_metrics"}
    read = {
        name
        for path in (PROJECT_ROOT / "reports").rglob("*.py")
        for name in re.findall(r"\bmarts\.((?:dim|fct)_\w+)", path.read_text(encoding="utf-8"))
    }
    assert len(read) > 10
    assert read - of_no_organization - {suite.asset[1] for suite in SUITES if suite.asset[0] == "marts"} == set()
