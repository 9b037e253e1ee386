"""The suites of ``expectations/`` as Dagster asset checks, each over every configured organization."""

import dagster as dg

from expectations import SUITES, Suite
from orchestration import checks
from orchestration.checks import blocks
from orchestration.selection import chosen_organizations

SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


def key_of(suite: Suite) -> dg.AssetKey:
    """The asset a suite's check hangs on: dbt's models are keyed by their name alone."""
    layer, name = suite.asset
    return dg.AssetKey([name]) if layer == "marts" else dg.AssetKey([layer, name])


def all_checks() -> list[dg.AssetChecksDefinition]:
    """One check a suite."""
    return [_check(suite) for suite in SUITES]


def _check(suite: Suite) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=key_of(suite), name=suite.name, description=suite.description, blocking=False, pool="checks")
    def run() -> dg.AssetCheckResult:
        outcomes = {one.id: checks.run_suite(suite, one.id) for one in chosen_organizations()}
        failed = {organization: outcome for organization, outcome in outcomes.items() if not outcome.is_passed}
        worst = "error" if any(blocks(outcome) for outcome in failed.values()) else "warning"
        return dg.AssetCheckResult(
            passed=not failed,
            severity=SEVERITY[worst if failed else suite.worst],
            metadata={organization: outcome.message or "passed" for organization, outcome in outcomes.items()},
        )

    return run
