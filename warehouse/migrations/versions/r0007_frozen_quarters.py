"""Quarters as they were presented, and what has changed in them since."""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = """
create table app.frozen_quarters (
    organization_id text not null references app.organizations,
    quarter text not null check (quarter ~ '^(20[0-9]{2}|2100)-Q[1-4]$'),
    note text,
    as_of timestamptz,
    frozen_by text not null,
    frozen_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, quarter)
);
comment on table app.frozen_quarters is
    'One row per quarter that was presented and is closed: who froze it, when, and the instant its figures were '
    'computed at.';

create table app.frozen_figures (
    organization_id text not null,
    quarter text not null,
    mart text not null check (mart in ('fct_metrics_monthly', 'fct_metrics_quarterly', 'fct_smartnumbers')),
    client_id text not null,
    period text not null,
    metric text not null,
    value numeric,
    unit text not null,
    method text,
    reason text,
    source_rows bigint,
    freshest_at timestamptz,
    primary key (organization_id, quarter, mart, client_id, period, metric),
    foreign key (organization_id, quarter) references app.frozen_quarters
);
comment on table app.frozen_figures is
    'One row per figure of a frozen quarter as it was then: monthly figures, their quarter, SmartNumbers.';

create table app.restatements (
    organization_id text not null,
    restatement_id bigint generated always as identity,
    quarter text not null,
    mart text not null,
    client_id text not null,
    period text not null,
    metric text not null,
    presented_value numeric,
    previous_value numeric,
    value numeric,
    amount numeric,
    cause text not null,
    run_id text,
    noticed_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, restatement_id),
    foreign key (organization_id, quarter) references app.frozen_quarters
);
create index restatements_figure on app.restatements (organization_id, quarter, metric, period, client_id);
comment on table app.restatements is
    'One row per change of a figure of a frozen quarter, in the order noticed: what was presented, what it was before '
    'and became, by how much it differs from what was presented, and why. A change that was undone has amount 0.';
"""

KEPT = ("frozen_quarters", "frozen_figures", "restatements")


def upgrade() -> None:
    op.execute(TABLES)
    for table in KEPT:
        op.execute(
            f"create trigger append_only before update or delete or truncate on app.{table} "
            "for each statement execute function app.refuse_change()"
        )


def downgrade() -> None:
    for table in reversed(KEPT):
        op.execute(f"drop table app.{table}")
