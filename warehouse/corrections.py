"""Corrections: a person's own figure for a month, above whatever was collected, booked or calculated.

Every version is kept (`superseded_at`), every deed is audited with its reason. The next build lets the correction win.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import class_row

from warehouse.audit import Actor, record
from warehouse.errors import WarehouseError
from warehouse.manual_file import parsed_value
from warehouse.metrics import Metric, catalogue
from warehouse.periods import Period

METHOD = "corrected"


class CorrectionRefused(WarehouseError):
    """A correction that cannot be taken; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction as it holds now."""

    client_id: str
    period: str
    metric: str
    value: Decimal
    reason: str
    entered_by: str
    entered_at: datetime


def enter(
    connection: psycopg.Connection,
    organization_id: str,
    metric: str,
    period: Period,
    value: str,
    *,
    reason: str,
    entered_by: str,
    client_id: str = "all",
    last: Period | None = None,
) -> bool:
    """Let `value` hold for the month; False when that very correction holds already. The caller commits.

    Raises CorrectionRefused for an unknown metric or client, a month after `last`, or a value that cannot be right.
    """
    known = _correctable(metric)
    amount, problem = parsed_value(known, value.strip())
    if problem or amount is None:
        raise CorrectionRefused(f"{problem or 'A correction needs a value.'} Nothing was changed.")
    if last is not None and period > last:
        raise CorrectionRefused(f"{period} has not begun yet, so {metric} has nothing to correct. Nothing was changed.")
    if not (reason := " ".join(reason.split())):
        raise CorrectionRefused("A correction needs a reason in a sentence. Nothing was changed.")
    _known_client(connection, organization_id, client_id)
    with connection.transaction():
        _take_turns(connection, organization_id)
        before = _current(connection, organization_id, metric, str(period), client_id)
        if before and (before.value, before.reason) == (amount, reason):
            return False
        _supersede(connection, organization_id, metric, str(period), client_id)
        connection.execute(
            """
            insert into app.manual_metrics (organization_id, client_id, period, metric, method, value, note, entered_by)
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [organization_id, client_id, str(period), metric, METHOD, amount, reason, entered_by],
        )
        details = {"value": str(amount), "previous": str(before.value) if before else None}
        resource = f"{metric} {period} {client_id}"
        _note(connection, organization_id, "correct_metric", resource, by=entered_by, reason=reason, details=details)
    return True


def withdraw(
    connection: psycopg.Connection,
    organization_id: str,
    metric: str,
    period: Period,
    *,
    reason: str,
    entered_by: str,
    client_id: str = "all",
) -> Correction:
    """Take a correction back, so that the next best figure holds again; the one taken back. The caller commits.

    Raises CorrectionRefused where none holds.
    """
    with connection.transaction():
        _take_turns(connection, organization_id)
        before = _current(connection, organization_id, metric, str(period), client_id)
        if before is None:
            raise CorrectionRefused(
                f"No correction of {metric} holds in {period} for {client_id}, so nothing was taken back. "
                "`qbr correction list` shows those that do."
            )
        _supersede(connection, organization_id, metric, str(period), client_id)
        details = {"value": None, "previous": str(before.value)}
        resource = f"{metric} {period} {client_id}"
        _note(
            connection, organization_id, "withdraw_correction", resource, by=entered_by, reason=reason, details=details
        )
    return before


def in_force(connection: psycopg.Connection, organization_id: str) -> list[Correction]:
    """Every correction that holds, by month."""
    return _rows(connection, [organization_id], "")


def _correctable(metric: str) -> Metric:
    known = catalogue().get(metric)
    if known is None or not known.is_monthly:
        why = "is calculated from the months of a quarter" if known else "is no metric of the catalogue"
        raise CorrectionRefused(f"'{metric}' {why} and cannot be corrected; docs/metrics.md lists the monthly ones.")
    return known


def _known_client(connection: psycopg.Connection, organization_id: str, client_id: str) -> None:
    if client_id == "all":
        return
    found = connection.execute(
        "select 1 from app.clients where organization_id = %s and client_id = %s and merged_into_client_id is null",
        [organization_id, client_id],
    ).fetchone()
    if found is None:
        raise CorrectionRefused(f"{organization_id} has no client '{client_id}', so nothing was changed.")


def _take_turns(connection: psycopg.Connection, organization_id: str) -> None:
    connection.execute("select pg_advisory_xact_lock(hashtext('app.manual_metrics'), hashtext(%s))", [organization_id])


def _current(
    connection: psycopg.Connection, organization_id: str, metric: str, period: str, client_id: str
) -> Correction | None:
    found = _rows(
        connection,
        [organization_id, metric, period, client_id],
        "and metric = %s and period = %s and client_id = %s",
    )
    return found[0] if found else None


def _rows(connection: psycopg.Connection, parameters: list[Any], condition: str) -> list[Correction]:
    statement = f"""
        select client_id, period, metric, value, coalesce(note, '') as reason, entered_by, entered_at
        from app.manual_metrics
        where organization_id = %s and method = 'corrected' and superseded_at is null and value is not null {condition}
        order by period, metric, client_id
    """  # noqa: S608 - the conditions are those of this module
    with connection.cursor(row_factory=class_row(Correction)) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def _supersede(connection: psycopg.Connection, organization_id: str, metric: str, period: str, client_id: str) -> None:
    connection.execute(
        """
        update app.manual_metrics set superseded_at = clock_timestamp()
        where organization_id = %s and client_id = %s and period = %s and metric = %s and method = %s
            and superseded_at is null
        """,
        [organization_id, client_id, period, metric, METHOD],
    )


def _note(
    connection: psycopg.Connection,
    organization_id: str,
    action: str,
    resource: str,
    *,
    by: str,
    reason: str,
    details: dict[str, Any],
) -> None:
    actor = Actor("person", by)
    record(connection, organization_id, actor, action, resource=resource, reason=reason, details=details)
