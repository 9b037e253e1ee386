"""Great Expectations suites as data. Nothing here runs; ``orchestration.checks`` does."""

from expectations import changes, core, finance, fleet, operations, raw, revenue, smartnumbers
from expectations.suite import Expect, Suite

SUITES: tuple[Suite, ...] = (
    *raw.SUITES,
    *core.SUITES,
    *operations.SUITES,
    *finance.SUITES,
    *smartnumbers.SUITES,
    *changes.SUITES,
    *revenue.SUITES,
    *fleet.SUITES,
)

__all__ = ["SUITES", "Expect", "Suite"]
