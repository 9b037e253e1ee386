"""The suites of ``expectations/`` as Dagster asset checks, each over every configured organization."""

from collections.abc import Iterable, Iterator, Mapping

import dagster as dg

from expectations import SUITES, Suite
from orchestration import checks
from orchestration.checks import blocks
from orchestration.selection import chosen_organizations
from warehouse.check_results import CheckResult, failed_checks
from warehouse.engine import connect

SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


def key_of(suite: Suite) -> dg.AssetKey:
    """The asset a suite's check hangs on."""
    return dg.AssetKey(suite.asset)


def all_checks() -> list[dg.AssetChecksDefinition]:
    """One check a suite."""
    return [_check(suite) for suite in SUITES]


def _check(suite: Suite) -> dg.AssetChecksDefinition:
    # In a run that goes on to the decks, a mart that fails must stop them; raw tables stop no model, for one
    # organization's bad record would then keep every other's figures back.
    is_blocking = suite.asset[0] == "marts" and suite.worst == "error"

    @dg.asset_check(
        asset=key_of(suite), name=suite.name, description=suite.description, blocking=is_blocking, pool="checks"
    )
    def run(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        organizations = [one.id for one in chosen_organizations()]
        outcomes = {one: checks.record_suite(suite, one, run_id=context.run.run_id) for one in organizations}
        found = _evaluation(suite, outcomes)
        return dg.AssetCheckResult(
            passed=found.passed, severity=found.severity, description=found.description, metadata=found.metadata
        )

    return run


def evaluations(organizations: Iterable[str]) -> Iterator[dg.AssetCheckEvaluation]:
    """What every suite found last, over all organizations, from the outcomes that are kept."""
    with connect() as connection:
        failed = {one: {found.check_name: found for found in failed_checks(connection, one)} for one in organizations}
    for suite in SUITES:
        yield _evaluation(suite, {one: found.get(suite.name) for one, found in failed.items()})


def _evaluation(suite: Suite, outcomes: Mapping[str, CheckResult | None]) -> dg.AssetCheckEvaluation:
    """One check for all organizations: it passes when it does for each; None is an outcome that passed."""
    failed = {one: outcome for one, outcome in outcomes.items() if outcome is not None and not outcome.is_passed}
    worst = "error" if any(blocks(outcome) for outcome in failed.values()) else "warning"
    return dg.AssetCheckEvaluation(
        asset_key=key_of(suite),
        check_name=suite.name,
        passed=not failed,
        severity=SEVERITY[worst if failed else suite.worst],
        description=" ".join(f"{one}: {outcome.message}" for one, outcome in failed.items()) or None,
        metadata={one: failed[one].message if one in failed else "passed" for one in outcomes},
    )
