"""What was done (audit log), what is to be sent (outbox), and what is wrong (alerts)."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
create table app.audit_log (
    organization_id text not null,
    audit_id bigint generated always as identity,
    occurred_at timestamptz not null default clock_timestamp(),
    actor_kind text not null check (actor_kind in ('person', 'process', 'service')),
    actor_id text not null,
    action text not null,
    resource text,
    is_success boolean not null default true,
    reason text,
    details jsonb not null default '{}',
    ip_address inet,
    user_agent text,
    primary key (organization_id, audit_id)
);
create index audit_log_occurred on app.audit_log (organization_id, occurred_at);
comment on table app.audit_log is
    'One row per deed: who did what to which resource, whether it succeeded, and why. Rows are only ever added.';

create table app.outbox (
    organization_id text not null,
    outbox_id bigint generated always as identity,
    topic text not null,
    dedupe_key text not null,
    payload jsonb not null,
    created_at timestamptz not null,
    attempts integer not null default 0,
    next_try_at timestamptz not null,
    delivered_at timestamptz,
    given_up_at timestamptz,
    last_error text,
    primary key (organization_id, outbox_id),
    unique (organization_id, topic, dedupe_key)
);
create index outbox_waiting on app.outbox (next_try_at) where delivered_at is null and given_up_at is null;
comment on table app.outbox is
    'One row per message to the world outside, written in the transaction that decided it and sent afterwards, with '
    'retries. The same topic and dedupe_key are taken once.';

create table app.alerts (
    organization_id text not null,
    alert_id bigint generated always as identity,
    rule text not null,
    scope text not null,
    severity text not null check (severity in ('critical', 'high', 'medium', 'low')),
    state text not null default 'open' check (state in ('open', 'acknowledged', 'resolved')),
    value numeric,
    threshold numeric,
    message text not null,
    next_action text,
    runbook text,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at timestamptz,
    primary key (organization_id, alert_id),
    check ((state = 'resolved') = (resolved_at is not null))
);
create unique index alerts_unresolved on app.alerts (organization_id, rule, scope) where state <> 'resolved';
comment on table app.alerts is
    'One row per thing that was wrong for a while. A rule has at most one unresolved alert per scope.';

create table app.deliveries (
    organization_id text not null,
    delivery_id bigint generated always as identity,
    alert_id bigint,
    channel text not null,
    recipient text,
    outcome text not null check (outcome in ('delivered', 'failed')),
    error text,
    attempted_at timestamptz not null,
    primary key (organization_id, delivery_id),
    foreign key (organization_id, alert_id) references app.alerts
);
create index deliveries_alert on app.deliveries (organization_id, alert_id);
comment on table app.deliveries is 'One row per attempt to bring an alert to someone over one channel.';
"""

REFUSE_CHANGE = """
create function app.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'app.% is append-only: % is refused.', tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege', hint = 'Add a row that sets the earlier one right.';
end $$
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(REFUSE_CHANGE)
    op.execute(
        "create trigger append_only before update or delete or truncate on app.audit_log "
        "for each statement execute function app.refuse_change()"
    )


def downgrade() -> None:
    for table in ("deliveries", "alerts", "outbox", "audit_log"):
        op.execute(f"drop table app.{table}")
    op.execute("drop function app.refuse_change()")
