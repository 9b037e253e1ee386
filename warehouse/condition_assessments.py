"""Looks at machines that people enter: added to `app.condition_assessments`, never changed there.

The dealer's own system has its assessments too; `fct_fleet_units` takes the latest of both.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

import psycopg

from warehouse.audit import Actor, record

Condition = Literal["good", "monitor", "replace"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What somebody saw. `annual_maintenance_cost` is in currency units; what is not known is None, not 0."""

    equipment_id: str
    assessed_on: date
    condition: Condition
    assessed_by: str
    age_years: Decimal | None = None
    annual_maintenance_cost: Decimal | None = None
    notes: str | None = None


def add_assessment(
    connection: psycopg.Connection, organization_id: str, seen: Assessment, actor: Actor, *, reason: str | None = None
) -> int:
    """Add one assessment with its line in the audit log; returns its id. The caller commits.

    One that was entered wrong is set right by another of the same machine and day, with the reason.
    """
    row = connection.execute(
        """
        insert into app.condition_assessments (
            organization_id, equipment_id, assessed_on, condition, age_years, annual_maintenance_cost, assessed_by,
            notes, actor_kind, actor_id, reason
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        returning assessment_id
        """,
        [
            organization_id,
            seen.equipment_id,
            seen.assessed_on,
            seen.condition,
            seen.age_years,
            seen.annual_maintenance_cost,
            seen.assessed_by,
            seen.notes,
            actor.kind,
            actor.id,
            reason,
        ],
    ).fetchone()
    assert row is not None  # noqa: S101 - an insert of one row returns one row
    assessment_id = int(row[0])
    details = {"assessment_id": assessment_id, "equipment_id": seen.equipment_id, "condition": seen.condition}
    record(
        connection,
        organization_id,
        actor,
        "assess_equipment",
        resource="app.condition_assessments",
        reason=reason,
        details=details,
    )
    return assessment_id
