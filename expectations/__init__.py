"""Great Expectations suites as data. Nothing here runs; ``orchestration.checks`` does."""

from expectations import core, finance, operations, raw, smartnumbers
from expectations.suite import Expect, Suite

SUITES: tuple[Suite, ...] = (
    *raw.SUITES,
    *core.SUITES,
    *operations.SUITES,
    *finance.SUITES,
    *smartnumbers.SUITES,
)

__all__ = ["SUITES", "Expect", "Suite"]
