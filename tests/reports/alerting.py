"""What the tests of alerts share: an organization with rules of the test's own."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from reports.alerts import evaluate
from tests.reports import marts
from warehouse.signals import tell

AS_OF = datetime(2026, 7, 6, 14, tzinfo=UTC)
AT_ONCE: dict[str, Any] = {"digest": {"at": []}}
HOUR = timedelta(hours=1)


def organization(
    connection: psycopg.Connection, delivery: Mapping[str, Any] | None = None, sources: Mapping[str, Any] | None = None
) -> None:
    """The organization alone; its alerts go at once unless the test says otherwise."""
    settings = {"delivery": AT_ONCE if delivery is None else dict(delivery), "sources": dict(sources or {})}
    marts.organization(connection, settings=settings)
    marts.periods(connection)


def rule(
    connection: psycopg.Connection,
    name: str,
    kind: str,
    *,
    severity: str = "medium",
    metric: str | None = None,
    channels: tuple[str, ...] = (),
    **parameters: Any,
) -> None:
    """One rule as a row."""
    row = {"organization_id": marts.ORGANIZATION, "rule": name, "kind": kind, "metric": metric, "severity": severity}
    marts.insert(connection, "app.alert_rules", [{**row, "parameters": parameters, "channels": list(channels)}])


def portal(connection: psycopg.Connection, *, up: bool, at: datetime) -> Any:
    """The portal's signal as it was at the instant, and the rules judged then; committed."""
    tell(connection, marts.ORGANIZATION, "portal.up", int(up), at)
    summary = evaluate(connection, marts.ORGANIZATION, at)
    connection.commit()
    return summary


def events(connection: psycopg.Connection) -> list[tuple[str, datetime]]:
    """Every step of every alert, in its order."""
    return connection.execute("select step, occurred_at from app.alert_events order by event_id").fetchall()


def queued(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Topic and step of every message, in its order."""
    return connection.execute("select topic, payload #>> '{facts,event}' from app.outbox order by outbox_id").fetchall()
