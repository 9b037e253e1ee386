"""Every alert with its steps and deliveries: rows for the command line, and a JSON file that is replaced as a whole."""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from psycopg import Connection

from reports.views.query import one, rows

SCHEMA_VERSION = 1
LATEST = 500
"""Alerts in the file; older ones stay in the tables."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is looked for in the history; None leaves a condition out."""

    words: str | None = None
    rule: str | None = None
    severity: str | None = None
    area: str | None = None
    state: str | None = None
    since: datetime | None = None
    alert_id: int | None = None
    limit: int = LATEST


def history(connection: Connection[Any], organization_id: str, past: Past | None = None) -> list[dict[str, Any]]:
    """Alerts that fit, the newest first, each with its steps and deliveries."""
    asked = past or Past()
    found = rows(
        connection,
        """
        select alert_id, rule, scope, severity, area, state, value, threshold, period, message, next_action, runbook,
            first_seen_at, last_seen_at, acknowledged_at, acknowledged_by, snoozed_until, resolved_at, reminders,
            escalations, note
        from app.alerts
        where organization_id = %(organization_id)s
            and (%(alert_id)s::bigint is null or alert_id = %(alert_id)s)
            and (%(rule)s::text is null or rule = %(rule)s)
            and (%(severity)s::text is null or severity = %(severity)s)
            and (%(area)s::text is null or area = %(area)s)
            and (%(state)s::text is null or state = %(state)s or %(state)s = 'unresolved' and state <> 'resolved')
            and (%(since)s::timestamptz is null or last_seen_at >= %(since)s)
            and (
                %(words)s::text is null
                or strpos(lower(concat_ws(' ', message, rule, scope, note)), lower(%(words)s)) > 0
            )
        order by alert_id desc
        limit %(limit)s
        """,
        {"organization_id": organization_id, **{name: getattr(asked, name) for name in Past.__dataclass_fields__}},
    )
    ids = [row["alert_id"] for row in found]
    steps = _of_alerts(
        connection,
        organization_id,
        ids,
        "select alert_id, step, occurred_at, actor_kind, actor_id, severity, value, message, note "
        "from app.alert_events "
        "where organization_id = %(organization_id)s and alert_id = any(%(ids)s) order by event_id",
    )
    deliveries = _of_alerts(
        connection,
        organization_id,
        ids,
        "select alert_id, step, channel, recipient, outcome, error, attempted_at from app.deliveries "
        "where organization_id = %(organization_id)s and alert_id = any(%(ids)s) order by delivery_id",
    )
    return [
        {**row, "steps": steps.get(row["alert_id"], []), "deliveries": deliveries.get(row["alert_id"], [])}
        for row in found
    ]


def write_history(connection: Connection[Any], organization_id: str, folder: Path) -> Path:
    """Write ``<folder>/<organization>/alert_history.json`` when something has happened since, as a whole."""
    path = folder / organization_id / "alert_history.json"
    mark = _mark(connection, organization_id)
    if path.exists() and _head(path) == mark:
        connection.commit()
        return path
    alerts = history(connection, organization_id)
    counted = one(
        connection,
        "select count(*) as alerts from app.alerts where organization_id = %(organization_id)s",
        {"organization_id": organization_id},
    )
    total = counted["alerts"] if counted else 0
    connection.commit()  # only read; no transaction stays open while the file is written
    content = {
        "mark": mark,
        "schema_version": SCHEMA_VERSION,
        "organization_id": organization_id,
        "earlier_alerts": max(total - len(alerts), 0),  # which only the database holds
        "alerts": alerts,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def _mark(connection: Connection[Any], organization_id: str) -> str:
    """Changes whenever a step or a delivery was added, or an alert was seen again."""
    found = one(
        connection,
        """
        select
            (select max(event_id) from app.alert_events where organization_id = %(organization_id)s) as step,
            (select max(delivery_id) from app.deliveries where organization_id = %(organization_id)s) as delivery,
            (select max(last_seen_at) from app.alerts where organization_id = %(organization_id)s) as seen
        """,
        {"organization_id": organization_id},
    )
    return " ".join(str(value) for value in (found or {}).values())


def _head(path: Path) -> str | None:
    """The mark that stands in the file's first lines."""
    with path.open(encoding="utf-8") as file:
        start = file.read(300)
    found = re.search(r'"mark": "([^"]*)"', start)
    return found[1] if found else None


def _of_alerts(
    connection: Connection[Any], organization_id: str, ids: list[int], statement: Any
) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows(connection, statement, {"organization_id": organization_id, "ids": ids}):
        found.setdefault(row.pop("alert_id"), []).append(row)
    return found
