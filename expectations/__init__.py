"""Great Expectations suites as data. Nothing here runs; ``orchestration.checks`` does."""

from expectations import finance, raw, smartnumbers
from expectations.suite import Expect, Suite

SUITES: tuple[Suite, ...] = (*raw.SUITES, *finance.SUITES, *smartnumbers.SUITES)

__all__ = ["SUITES", "Expect", "Suite"]
