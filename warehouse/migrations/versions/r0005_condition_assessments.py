"""Looks at machines that people of the organization enter, beside those of the dealer's own system."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLE = """
create table app.condition_assessments (
    organization_id text not null references app.organizations,
    assessment_id bigint generated always as identity,
    equipment_id text not null check (equipment_id <> ''),
    assessed_on date not null,
    condition text not null check (condition in ('good', 'monitor', 'replace')),
    age_years numeric(5, 2) check (age_years >= 0),
    annual_maintenance_cost numeric(12, 2) check (annual_maintenance_cost >= 0),
    assessed_by text not null,
    notes text,
    actor_kind text not null check (actor_kind in ('person', 'process', 'service')),
    actor_id text not null,
    reason text,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, assessment_id)
);
create index condition_assessments_equipment
on app.condition_assessments (organization_id, equipment_id, assessed_on);
comment on table app.condition_assessments is
    'One row per look at a machine that somebody entered. Rows are only ever added: of two of one machine and day the '
    'one recorded later holds.';
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(
        "create trigger append_only before update or delete or truncate on app.condition_assessments "
        "for each statement execute function app.refuse_change()"
    )


def downgrade() -> None:
    op.execute("drop table app.condition_assessments")
