"""Runs the suites of ``expectations/`` and keeps what every check found, the models' own tests included.

A failed check of severity error blocks the decks; a warning is shown on them. Great Expectations is imported here, and
only when a suite really runs: its import takes longer than the checks.
"""

from __future__ import annotations

import functools
import logging
import warnings
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import sql

from expectations import SUITES, Suite
from orchestration import turns
from orchestration.errors import QbrError
from orchestration.transformation import DbtResult
from warehouse.check_results import CheckResult, Severity, forget_checks, record_checks
from warehouse.engine import connect, database_url
from warehouse.organizations import Organization


class CheckFailed(QbrError):
    """A suite could not be run at all, which says nothing about the data."""


EXAMPLES = 3


def blocks(result: CheckResult) -> bool:
    """Whether the decks must wait for this check."""
    return not result.is_passed and result.severity == "error"


def run(organization: Organization, *, run_id: str, built: Sequence[DbtResult] = ()) -> list[CheckResult]:
    """Every check of one organization, stored in ``app.check_results`` for the decks' gate and for people."""
    outcomes = [*of_models(built), *(run_suite(suite, organization.id) for suite in SUITES)]
    with connect() as connection:
        checked_at = datetime.now(UTC)
        record_checks(connection, organization.id, outcomes, run_id=run_id, checked_at=checked_at)
        if built:
            forget_checks(connection, organization.id, checked_at)
        turns.make_sure()
    return outcomes


def record_tests(organizations: Sequence[Organization], built: Sequence[DbtResult], *, run_id: str) -> None:
    """Keep what the models' own tests found, for the decks' gate; a test runs over all organizations at once."""
    outcomes = of_models(built)
    with connect() as connection:
        for organization in organizations:
            record_checks(connection, organization.id, outcomes, run_id=run_id, checked_at=datetime.now(UTC))


def record_suite(suite: Suite, organization_id: str, *, run_id: str) -> CheckResult:
    """Run one suite over one organization's rows and keep what it found."""
    outcome = run_suite(suite, organization_id)
    with connect() as connection:
        record_checks(connection, organization_id, [outcome], run_id=run_id, checked_at=datetime.now(UTC))
        turns.make_sure()
    return outcome


def of_models(built: Iterable[DbtResult]) -> list[CheckResult]:
    """The data tests that dbt ran, as checks."""
    return [
        CheckResult(
            check_name=result.name,
            subject="dbt",
            severity="warning" if result.severity == "warn" or result.status == "warn" else "error",
            is_passed=result.status in {"pass", "success"},
            message="" if result.status in {"pass", "success"} else f"{result.name}: {result.message}",
        )
        for result in built
        if result.kind == "test" and result.status != "skipped"
    ]


def run_suite(suite: Suite, organization_id: str) -> CheckResult:
    """One suite over one organization's rows.

    Raises :class:`CheckFailed` when the query itself fails: a check that did not run is not a check that passed.
    """
    query = sql.SQL(suite.query).format(organization_id=sql.Literal(organization_id))
    with connect() as connection:
        text = query.as_string(connection).strip()
    validated = _batch(suite.name, organization_id, text).validate(_as_great_expectations(suite.name))
    failed = []
    for expect, result in zip(suite.expectations, _in_order(validated.results), strict=True):
        if result.exception_info and _raised(result.exception_info):
            raise CheckFailed(
                f"The check {suite.name} could not run ({expect.kind}), so it says nothing about the data of "
                f"{organization_id}. Run `qbr build` first; if it stays, see "
                "docs/troubleshooting.md, 'A check cannot run'."
            )
        if not result.success:
            failed.append((expect, _observed(result.result)))
    severity: Severity = (
        "error" if any(expect.severity == "error" for expect, _ in failed) else "warning" if failed else suite.worst
    )
    return CheckResult(
        check_name=suite.name,
        subject=".".join(suite.asset),
        severity=severity,
        is_passed=not failed,
        message=" ".join(f"{expect.notes} ({observed['found']})" for expect, observed in failed),
        observed={"failed": [{"expectation": expect.kind, **observed} for expect, observed in failed]},
    )


@functools.cache
def _as_great_expectations(name: str) -> Any:
    """The suite in Great Expectations' own classes, each expectation marked with its place."""
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    suite = next(one for one in SUITES if one.name == name)
    return gx.ExpectationSuite(
        name=suite.name,
        expectations=[
            ExpectationConfiguration(
                type=expect.kind,
                kwargs=dict(expect.arguments),
                severity=FailureSeverity.CRITICAL if expect.severity == "error" else FailureSeverity.WARNING,
                notes=expect.notes,
                meta={"place": place},
            ).to_domain_obj()
            for place, expect in enumerate(suite.expectations)
        ],
    )


def _in_order(results: Sequence[Any]) -> list[Any]:
    """The results in the order of the suite: Great Expectations sorts them by column."""
    return sorted(results, key=lambda result: result.expectation_config.meta["place"])


@functools.cache
def _source(url: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns about its own imports
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        # This module sets its own level and tells people of its temporary folders.
        logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        # dagster-postgres brings psycopg2, and Great Expectations knows no other driver by name.
        return context.data_sources.add_postgres(
            "warehouse", connection_string=url.replace("postgresql://", "postgresql+psycopg2://", 1)
        )


def _batch(name: str, organization_id: str, query: str) -> Any:
    source, asset = _source(database_url()), f"{name}:{organization_id}"
    if asset in source.get_asset_names():
        source.delete_asset(asset)
    return source.add_query_asset(asset, query=query).add_batch_definition_whole_table("all").get_batch()


def _raised(info: dict[str, Any]) -> bool:
    """Whether an expectation ended in an exception; the library nests its answer by metric or gives it flat."""
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(isinstance(value, dict) and value.get("raised_exception") for value in info.values())


def _observed(result: dict[str, Any]) -> dict[str, Any]:
    """How many rows are at fault, and the first of them."""
    count = result["unexpected_count"]
    examples = [str(one) for one in result.get("partial_unexpected_list", [])[:EXAMPLES] if one is not None]
    more = f" and {count - len(examples)} more" if count > len(examples) else ""
    return {"found": f"{'; '.join(examples)}{more}" if examples else f"{count} rows"}
