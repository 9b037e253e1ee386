"""The audit log: who did what, to what, and why. Rows are only ever added; the database refuses the rest.

Nothing secret goes into `details`: no token, password or request body that holds one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

ActorKind = Literal["person", "process", "service"]

_USER_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person at the keyboard, a process of ours (a run, a schedule), or another service."""

    kind: ActorKind
    id: str


RUN = Actor("process", "qbr")


def record(
    connection: psycopg.Connection,
    organization_id: str,
    actor: Actor,
    action: str,
    *,
    resource: str | None = None,
    reason: str | None = None,
    details: Mapping[str, Any] | None = None,
    is_success: bool = True,
    ip_address: str | None = None,
    user_agent: str | None = None,
) -> int:
    """Add one row and return its `audit_id`; it holds when the caller commits, together with the deed itself."""
    row = connection.execute(
        """
        insert into app.audit_log (
            organization_id, actor_kind, actor_id, action, resource, is_success, reason, details, ip_address, user_agent
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        returning audit_id
        """,
        [
            organization_id,
            actor.kind,
            actor.id,
            action,
            resource,
            is_success,
            reason,
            Jsonb(dict(details or {})),
            ip_address,
            user_agent[:_USER_AGENT_LENGTH] if user_agent else None,
        ],
    ).fetchone()
    return int(row[0]) if row else 0
