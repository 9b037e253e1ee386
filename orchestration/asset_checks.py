"""The suites of ``expectations/`` as Dagster asset checks, and whether marts hold the newest month that is over.

Each check speaks for every configured organization.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import dagster as dg

from expectations import SUITES, Suite
from orchestration import checks, newest_months, turns
from orchestration.assets.models import KEYS, MANIFEST
from orchestration.checks import blocks
from orchestration.progress import Logged, Progress
from orchestration.selection import chosen_organizations, run_instant
from warehouse.check_results import CheckResult, failed_checks
from warehouse.engine import connect
from warehouse.organizations import Organization

SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


NEWEST_MONTH = "newest_month"
MONTHLY = {
    node["name"]: KEYS[unique_id]
    for unique_id, node in MANIFEST["nodes"].items()
    if node["resource_type"] == "model"
    and node["name"].startswith("fct_")
    and {"organization_id", "period"} <= set(node["columns"])
    and node["name"] not in newest_months.BY_EVENT
}
"""The marts that are kept by month, with their assets."""


def key_of(suite: Suite) -> dg.AssetKey:
    """The asset a suite's check hangs on."""
    return dg.AssetKey(suite.asset)


def all_checks() -> list[dg.AssetChecksDefinition]:
    """One check a suite, and one a mart that is kept by month."""
    return [*(_check(suite) for suite in SUITES), newest_month]


def _check(suite: Suite) -> dg.AssetChecksDefinition:
    # In a run that goes on to the decks, a mart that fails must stop them; raw tables stop no model, for one
    # organization's bad record would then keep every other's figures back.
    is_blocking = suite.asset[0] == "marts" and suite.worst == "error"

    @dg.asset_check(
        asset=key_of(suite), name=suite.name, description=suite.description, blocking=is_blocking, pool="checks"
    )
    def run(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        organizations = [one.id for one in chosen_organizations()]
        with turns.reading(Logged(context.log)):
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


@dg.multi_asset_check(
    name="newest_months_of_marts",
    specs=[
        dg.AssetCheckSpec(
            NEWEST_MONTH,
            asset=key,
            description="The newest month that has been over for 26 hours is there for every organization that has the "
            "months before it, and was made after it was over. Older months may be as old as they like.",
        )
        for key in MONTHLY.values()
    ],
    can_subset=True,
    pool="checks",
)
def newest_month(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Look at every mart that is kept by month, for all organizations."""
    for found in newest_month_evaluations(chosen_organizations(), Logged(context.log)):
        if found.asset_check_key in context.selected_asset_check_keys:
            yield dg.AssetCheckResult(
                asset_key=found.asset_key,
                check_name=found.check_name,
                passed=found.passed,
                severity=found.severity,
                description=found.description,
                metadata=found.metadata,
            )


def newest_month_evaluations(
    organizations: Sequence[Organization], progress: Progress
) -> Iterator[dg.AssetCheckEvaluation]:
    """Whether each mart that is kept by month has the newest one, for all organizations."""
    with turns.reading(progress), connect() as connection:
        built = set(newest_months.kept_by_month(connection))
        instants = {one.id: run_instant([one]) for one in organizations}
        lacking = {
            one.id: newest_months.missing(connection, one, instants[one.id], MONTHLY.keys() & built)
            for one in organizations
        }
    due = {one.id: newest_months.due_month(one, instants[one.id]) for one in organizations}
    for mart, key in MONTHLY.items():
        failed = {one: found[mart] for one, found in lacking.items() if mart in found}
        yield dg.AssetCheckEvaluation(
            asset_key=key,
            check_name=NEWEST_MONTH,
            passed=not failed,
            severity=dg.AssetCheckSeverity.ERROR,
            description=" ".join(f"{one}: {phrase}. Run `qbr run`." for one, phrase in failed.items()) or None,
            metadata={one: failed.get(one, f"{month} is there, or not expected") for one, month in due.items()},
        )
