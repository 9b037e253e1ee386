"""For any company: its ledger balances and is what was posted, and both statements tie to the cent, or are refused.

Many companies are organizations of one warehouse and one build; `make soak` takes a thousand of them.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import extractors
from tests.conftest import a_database
from tests.dbt_project.conftest import Warehouse
from tests.dbt_project.generated_books import CREDITED, MONTHS, SECTIONS, Bookkeeper, Company
from tests.dbt_project.generated_reports import reports, statement, totals

AS_OF = "2031-07-06T14:00:00+00:00"
MODELS = ("+fct_ledger_ties", "+fct_profit_and_loss_ties")
CREDIT_NORMAL = {*CREDITED, "Accounts Payable", "Credit Card", "Other Current Liability", "Equity"}
seeds = st.integers(min_value=0, max_value=10**6)
# A build is dear, so an example is many companies and is not shrunk: its seed tells which company to look at.
once = settings(
    max_examples=1, deadline=None, derandomize=True, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
)


@given(first=seeds)
@once
def test_dozens_of_companies(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory, first: int):
    hold_to_the_oracle(postgres, template, tmp_path_factory.mktemp("dbt"), first, 40)


@pytest.mark.soak
@given(first=st.just(10_000))
@once
def test_a_thousand_companies(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory, first: int):
    hold_to_the_oracle(postgres, template, tmp_path_factory.mktemp("dbt"), first, 1000)


def hold_to_the_oracle(postgres: str, template: str, target: Path, first: int, count: int) -> None:
    """Build the marts of so many companies and hold each to what was drawn."""
    companies = [Bookkeeper(seed).work() for seed in range(first, first + count)]
    with built(postgres, template, target, companies) as warehouse:
        ledger_is_what_was_posted(warehouse, companies)
        statements_tie_to_the_ledger(warehouse, companies)
        reports_add_up_on_both_bases(warehouse, companies)


@contextmanager
def built(postgres: str, template: str, target: Path, companies: list[Company]) -> Iterator[Warehouse]:
    """A warehouse with all of them, each an organization of its own."""
    with a_database(postgres, template) as url:
        with psycopg.connect(url) as connection:
            for alias, company in enumerate(companies, start=1):
                configure(connection, name_of(company), alias)
            load(connection, companies)
        warehouse = Warehouse(url, target)
        warehouse.dbt("run", "--select", *MODELS)
        yield warehouse


def name_of(company: Company) -> str:
    return f"company-{company.seed}"


def configure(connection: psycopg.Connection, organization: str, alias: int) -> None:
    connection.execute(
        "insert into app.organizations (organization_id, alias, name, time_zone, history_start, as_of) "
        "values (%s, %s, %s, 'America/Chicago', %s, %s)",
        [organization, alias, organization, MONTHS[0], AS_OF],
    )
    connection.cursor().executemany(
        "insert into raw_meta.cursors (organization_id, source, stream, covered, completed_at, completed_as_of) "
        "values (%s, 'quickbooks', %s, tstzmultirange(tstzrange(null, %s)), now(), %s)",
        [[organization, stream.name, AS_OF, AS_OF] for stream in extractors.STREAMS["quickbooks"]],
    )


def load(connection: psycopg.Connection, companies: list[Company]) -> None:
    """Everything QuickBooks sends, but for the one transaction that a company lost on the way."""
    written = datetime.now(UTC)
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for company in companies:
        lost = company.lost[1] if company.lost else None
        for stream, records in (*company.records.items(), *reports(company).items()):
            for record in records:
                is_deleted = record.pop("_deleted", False)
                if record["Id"] != lost:
                    body = json.dumps(record)
                    mark = hashlib.md5(body.encode()).digest()
                    facts = (written, written, written if is_deleted else None, "run")
                    rows[stream].append((name_of(company), record["Id"], body, mark, *facts))
    for stream, found in rows.items():
        copied = (
            f"copy raw_quickbooks.{stream} (organization_id, record_id, record, record_hash, first_seen_at, "
            "extracted_at, deleted_at, run_id) from stdin"
        )
        with connection.cursor().copy(copied.encode()) as copy:
            for row in found:
                copy.write_row(row)


def ledger_is_what_was_posted(warehouse: Warehouse, companies: list[Company]) -> None:
    found: dict[tuple[str, str, str], dict[str, Decimal]] = defaultdict(dict)
    for organization, kind, identity, account, amount in warehouse.rows(
        "select organization_id, transaction_type, transaction_id, account_id, sum(amount) "
        "from marts.fct_ledger_entries "
        "group by 1, 2, 3, 4 having sum(amount) <> 0"
    ):
        found[organization, kind, identity][account] = amount
    expected = {
        (name_of(company), *key): sums
        for company in companies
        for key in company.postings
        if key != company.lost and (sums := company.posted(*key))
    }
    assert {key: (found.get(key), sums) for key, sums in expected.items() if found.get(key) != sums} == {}
    assert set(found) == set(expected)
    unbalanced = warehouse.rows(
        "select 1 from marts.fct_ledger_entries group by organization_id, transaction_type, transaction_id "
        "having sum(amount) <> 0"
    )
    assert not unbalanced


def statements_tie_to_the_ledger(warehouse: Warehouse, companies: list[Company]) -> None:
    """No difference but the transaction that was lost, to the cent, on each account it would have been posted to."""
    found = {
        (organization, statement_, period, account): difference
        for organization, statement_, period, account, difference in warehouse.rows(
            "select organization_id, statement, period, account_id, difference from marts.fct_ledger_ties "
            "where difference <> 0 or difference is null"
        )
    }
    expected: dict[tuple[str, str, str, str], Decimal] = {}
    for company in companies:
        if company.lost is not None:
            expected |= missing(company, company.lost)
    assert found == expected
    if expected:
        with pytest.raises(AssertionError, match="assert_ledger_ties_to_the_reports"):
            warehouse.dbt("test", "--select", "assert_ledger_ties_to_the_reports")
    [(tied,)] = warehouse.rows("select count(*) from marts.fct_ledger_ties where difference = 0")
    assert tied > 10 * len(companies)
    assert expected


def missing(company: Company, lost: tuple[str, str]) -> dict[tuple[str, str, str, str], Decimal]:
    period = max(company.days[lost][:7], MONTHS[0])
    sections = {one.id: one.section for one in company.accounts}
    types = {record["Id"]: record["AccountType"] for record in company.records["accounts"]}
    found: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for account, amount in company.posted(*lost).items():
        if account in sections:
            if company.days[lost][:7] == period:
                sign = 1 if sections[account] in CREDITED else -1
                found[name_of(company), "profit_and_loss", period, account] += sign * amount
            found[name_of(company), "balance_sheet", period, "earnings"] += amount
        else:
            place = "earnings" if account == "23" else account
            sign = 1 if types[account] in CREDIT_NORMAL else -1
            found[name_of(company), "balance_sheet", period, place] += sign * amount
    return {key: amount for key, amount in found.items() if amount}


def reports_add_up_on_both_bases(warehouse: Warehouse, companies: list[Company]) -> None:
    found = {
        (organization, period, basis, group): (printed, mapped)
        for organization, period, basis, group, printed, mapped in warehouse.rows(
            "select organization_id, period, basis, report_group, report_total, mapped_total "
            "from marts.fct_profit_and_loss_ties"
        )
    }
    assert {basis for _, _, basis, _ in found} == {"Accrual", "Cash"}
    for company in companies:
        for period in MONTHS:
            for basis in ("Accrual", "Cash"):
                amounts = statement(company, period, basis)
                for group, total in totals(company, amounts).items():
                    printed, mapped = found.get((name_of(company), period, basis, group), (None, None))
                    told = f"{name_of(company)} {period} {basis} {group}"
                    assert printed == mapped or not (printed or mapped), told
                    assert (mapped or 0) == total, told
                    assert (group in SECTIONS) or not amounts or printed is not None, told
