"""Great Expectations suites as data. Nothing here runs; ``orchestration.checks`` does."""
