"""What happens to an alert between its first sight and its end, what waits to become one, and what others tell of."""

from alembic import op

revision = "0009"
down_revision = "0010"

COLUMNS = """
alter table app.alerts
    add column area text not null default 'operations',
    add column period text,
    add column absent_since timestamptz,
    add column remind_at timestamptz,
    add column reminders integer not null default 0,
    add column escalations integer not null default 0,
    add column snoozed_until timestamptz,
    add column snoozed_by text,
    add column note text;
comment on column app.alerts.absent_since is
    'Since when what it tells of no longer holds, while its rule waits whether that lasts.';
comment on column app.alerts.remind_at is 'When it is told again, unless somebody has acknowledged it by then.';
comment on column app.alerts.snoozed_until is 'Until when nobody is reminded of it.';

alter table app.deliveries
    add column outbox_id bigint,
    add column step text,
    add column reference text;
comment on column app.deliveries.reference is
    'What the channel calls the message, where it can be changed later: the channel and time stamp of Slack.';
create index deliveries_message on app.deliveries (organization_id, outbox_id);
"""

TABLES = """
create table app.alert_pending (
    organization_id text not null,
    rule text not null,
    scope text not null,
    since timestamptz not null,
    primary key (organization_id, rule, scope)
);
comment on table app.alert_pending is
    'One row per thing that a rule finds wrong, but not yet for as long as it asks for; it becomes an alert or goes.';

create table app.alert_events (
    organization_id text not null,
    event_id bigint generated always as identity,
    alert_id bigint not null,
    step text not null check (
        step in ('opened', 'reminder', 'escalated', 'acknowledged', 'snoozed', 'woken', 'resolved')
    ),
    occurred_at timestamptz not null,
    actor_kind text not null default 'process',
    actor_id text not null default 'qbr',
    severity text not null,
    value numeric,
    message text not null,
    note text,
    primary key (organization_id, event_id),
    foreign key (organization_id, alert_id) references app.alerts
);
create index alert_events_alert on app.alert_events (organization_id, alert_id);
comment on table app.alert_events is
    'One row per step in the life of an alert, with what it said then. Rows are only ever added.';

create table app.signals (
    organization_id text not null,
    signal text not null,
    value numeric,
    observed_at timestamptz not null,
    primary key (organization_id, signal)
);
comment on table app.signals is
    'One row per signal: the newest reading of what is no metric of a period, such as whether a probe got an answer. '
    'Written by whoever takes the reading, judged by alert rules of the kinds signal and signal_stale.';
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(TABLES)
    op.execute(
        "create trigger append_only before update or delete or truncate on app.alert_events "
        "for each statement execute function app.refuse_change()"
    )


def downgrade() -> None:
    for table in ("signals", "alert_events", "alert_pending"):
        op.execute(f"drop table app.{table}")
    op.execute(
        """
        drop index app.deliveries_message;
        alter table app.deliveries drop column outbox_id, drop column step, drop column reference;
        alter table app.alerts
            drop column area, drop column period, drop column absent_since, drop column remind_at,
            drop column reminders, drop column escalations, drop column snoozed_until, drop column snoozed_by,
            drop column note
        """
    )
