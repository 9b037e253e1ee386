"""Sealed credentials, finished files, and the outcome of checks."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
create table app.credentials (
    organization_id text not null references app.organizations,
    source text not null,
    environment text not null check (environment in ('sandbox', 'production')),
    key_id text not null,
    nonce bytea not null,
    sealed bytea not null,
    origin text not null check (origin in ('connected', 'environment')),
    origin_hash text,
    connected_at timestamptz not null default clock_timestamp(),
    connected_by text not null,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, source)
);
comment on table app.credentials is
    'One row per source an organization is signed in to. The credentials are sealed with the key that key_id names and '
    'bound to their organization and source. origin_hash tells whether the environment variables changed since.';

create table app.artefacts (
    organization_id text not null,
    artefact_id bigint generated always as identity,
    kind text not null,
    period text,
    client_id text not null default 'all',
    uri text not null,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    bytes bigint not null check (bytes >= 0),
    is_frozen boolean not null default false,
    run_id text,
    details jsonb not null default '{}',
    stored_at timestamptz not null default clock_timestamp(),
    superseded_at timestamptz,
    primary key (organization_id, artefact_id)
);
create unique index artefacts_current on app.artefacts (organization_id, uri) where superseded_at is null;
comment on table app.artefacts is
    'One row per finished file (deck, export, snapshot) as it was written. superseded_at is NULL on the one that now '
    'lies at the address; a frozen one is never superseded.';

create table app.check_results (
    organization_id text not null,
    check_name text not null,
    subject text not null,
    severity text not null check (severity in ('error', 'warning')),
    is_passed boolean not null,
    observed jsonb not null default '{}',
    message text not null,
    run_id text,
    checked_at timestamptz not null,
    primary key (organization_id, check_name, subject)
);
comment on table app.check_results is
    'One row per check and what it looked at: its latest outcome. A failed error stops the decks, a warning does not.';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in ("check_results", "artefacts", "credentials"):
        op.execute(f"drop table app.{table}")
