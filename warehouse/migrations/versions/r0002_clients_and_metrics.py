"""Clients, the vendor records that belong to them, and the figures people enter."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
create table app.clients (
    organization_id text not null references app.organizations,
    client_id text not null check (client_id ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and client_id <> 'all'),
    client_alias integer not null check (client_alias >= 0),
    name text not null,
    is_confirmed boolean not null default false,
    merged_into_client_id text,
    created_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, client_id),
    unique (organization_id, client_alias),
    foreign key (organization_id, merged_into_client_id) references app.clients
);
comment on table app.clients is
    'One row per client, minted once: client_id and client_alias never change. unassigned (alias 0) takes the '
    'records of no client. A client whose records a person mapped to another one is kept, merged_into_client_id set.';

create table app.client_links (
    organization_id text not null,
    source text not null,
    source_client_id text not null,
    source_client_name text,
    client_id text not null,
    match_method text not null check (match_method in ('mapped', 'name', 'own')),
    is_confirmed boolean not null,
    is_excluded boolean not null default false,
    linked_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, source, source_client_id),
    foreign key (organization_id, client_id) references app.clients
);
create index client_links_client on app.client_links (organization_id, client_id);
comment on table app.client_links is
    'One row per vendor record that stands for a client (a NinjaOne organization, ConnectWise company, Stripe or '
    'QuickBooks customer), and how it was matched: mapped by a person, by name, or own when nothing matched.';

create table app.manual_metrics (
    organization_id text not null references app.organizations,
    manual_metric_id bigint generated always as identity,
    client_id text not null default 'all',
    period text not null check (period ~ '^(20[0-9]{2}|2100)-(0[1-9]|1[0-2])$'),
    metric text not null,
    method text not null check (method in ('manual', 'imported', 'corrected')),
    value numeric,
    note text,
    import_id text,
    entered_by text not null,
    entered_at timestamptz not null default clock_timestamp(),
    superseded_at timestamptz,
    primary key (organization_id, manual_metric_id)
);
create unique index manual_metrics_current
on app.manual_metrics (organization_id, client_id, period, metric, method) where superseded_at is null;
comment on table app.manual_metrics is
    'One row per figure entered or imported by a person. superseded_at is NULL on the one that holds; a NULL value was '
    'cleared on purpose, which is not 0.';

create table app.metric_history (
    organization_id text not null,
    metric_history_id bigint generated always as identity,
    client_id text not null,
    period text not null,
    metric text not null,
    previous_value numeric,
    previous_method text,
    value numeric,
    method text,
    reason text,
    run_id text,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, metric_history_id)
);
create index metric_history_metric on app.metric_history (organization_id, metric, period, client_id);
comment on table app.metric_history is
    'One row per change of a published monthly value: what it was, what it became, and why.';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in ("metric_history", "manual_metrics", "client_links", "clients"):
        op.execute(f"drop table app.{table}")
