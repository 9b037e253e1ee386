"""The gate before every deck: no failing error check, and books that tie."""

from typing import Any

from psycopg import Connection

from reports.views import organizations, quality
from warehouse.check_results import failed_checks


def gate(connection: Connection[Any], organization_id: str, quarter: str) -> tuple[str, ...]:
    """What forbids a deck of `quarter`: failing error checks, and report groups that do not tie. Empty when nothing."""
    failures = [
        f"{check.check_name} on {check.subject}: {check.message}"
        for check in failed_checks(connection, organization_id, "error")
    ]
    failures += [
        f"the books of {gap.period} ({gap.basis}) do not tie: {gap.report_group} differs by {gap.difference:f}."
        for gap in quality.ledger_differences(connection, organization_id, organizations.months_of(quarter))
    ]
    return tuple(failures)
