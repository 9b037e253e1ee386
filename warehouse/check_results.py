"""Outcomes of checks, the latest of each: decks ask here whether the data may be shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found on its subject (a table, a stream, a quarter); a failed error stops the decks."""

    check_name: str
    subject: str
    severity: Severity
    is_passed: bool
    message: str
    observed: Mapping[str, Any] = field(default_factory=dict)


def record_checks(
    connection: psycopg.Connection,
    organization_id: str,
    results: Iterable[CheckResult],
    *,
    run_id: str | None,
    checked_at: datetime,
) -> None:
    """Write the outcomes over the earlier ones of the same check and subject; the caller commits."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into app.check_results (
                organization_id, check_name, subject, severity, is_passed, observed, message, run_id, checked_at
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (organization_id, check_name, subject) do update
            set severity = excluded.severity, is_passed = excluded.is_passed, observed = excluded.observed,
                message = excluded.message, run_id = excluded.run_id, checked_at = excluded.checked_at
            """,
            [
                (
                    organization_id,
                    result.check_name,
                    result.subject,
                    result.severity,
                    result.is_passed,
                    Jsonb(dict(result.observed)),
                    result.message,
                    run_id,
                    checked_at,
                )
                for result in results
            ],
        )


def forget_checks(connection: psycopg.Connection, organization_id: str, checked_before: datetime) -> int:
    """Remove outcomes that a full run did not renew: their checks are gone. How many; the caller commits."""
    return connection.execute(
        "delete from app.check_results where organization_id = %s and checked_at < %s",
        [organization_id, checked_before],
    ).rowcount


def failed_checks(
    connection: psycopg.Connection, organization_id: str, severity: Severity | None = None
) -> list[CheckResult]:
    """The checks that do not pass now, errors first."""
    with connection.cursor(row_factory=class_row(CheckResult)) as cursor:
        return cursor.execute(
            """
            select check_name, subject, severity, is_passed, message, observed from app.check_results
            where organization_id = %s and not is_passed and (%s::text is null or severity = %s)
            order by severity, check_name, subject
            """,
            [organization_id, severity, severity],
        ).fetchall()
