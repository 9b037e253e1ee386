"""Organizations and the rules that `config/<organization>.yml` lays down."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
create table app.organizations (
    organization_id text primary key check (organization_id ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    alias integer not null unique check (alias > 0),
    name text not null,
    time_zone text not null,
    currency text not null default 'USD' check (currency ~ '^[A-Z]{3}$'),
    locale text not null default 'en_US',
    history_start text not null check (history_start ~ '^(20[0-9]{2}|2100)-(0[1-9]|1[0-2])$'),
    as_of timestamptz,
    settings jsonb not null default '{}',
    is_active boolean not null default true,
    config_hash text,
    updated_at timestamptz not null default clock_timestamp()
);
comment on table app.organizations is
    'One row per organization: whose business the pipeline runs for. The brand, delivery and sources of its YAML file '
    'are in settings; as_of is the instant of its latest run, which models take for now.';

create table app.settings (
    organization_id text not null references app.organizations,
    setting text not null,
    value text not null,
    seed text,
    version integer not null default 1,
    valid_from timestamptz not null default clock_timestamp(),
    changed_by text not null default 'yaml',
    primary key (organization_id, setting)
);
comment on table app.settings is
    'One row per setting of an organization, as it holds now. seed is what the YAML file last said: an unchanged file '
    'does not undo a later change made here. Earlier versions are in app.rule_versions.';

create table app.rule_values (
    organization_id text not null references app.organizations,
    rule text not null,
    value text not null,
    position integer not null,
    primary key (organization_id, rule, value)
);
comment on table app.rule_values is
    'One row per value of a rule: service_board, closed_status, parent_tickets_only, excluded_ninjaone_organization, '
    'excluded_device_class, seat_device_class, spare_word, managed_agreement_type. Always equal to the YAML file.';

create table app.account_rules (
    organization_id text not null references app.organizations,
    position integer not null,
    metric text not null,
    match_type text not null check (match_type in ('id', 'exact', 'contains', 'regex', 'children')),
    pattern text not null,
    primary key (organization_id, position),
    unique (organization_id, match_type, pattern)
);
comment on table app.account_rules is
    'One row per rule that maps ledger accounts to a metric; of all rules that fit an account the lowest position '
    'wins. Names compare without regard to case. Always equal to the YAML file.';

create table app.thresholds (
    organization_id text not null references app.organizations,
    metric text not null,
    green_min numeric(20, 4),
    green_max numeric(20, 4),
    yellow_min numeric(20, 4),
    yellow_max numeric(20, 4),
    red_threshold numeric(20, 4),
    notes text,
    is_retired boolean not null default false,
    seed jsonb,
    version integer not null default 1,
    valid_from timestamptz not null default clock_timestamp(),
    changed_by text not null default 'yaml',
    primary key (organization_id, metric),
    check (green_min <= green_max),
    check (yellow_min is null or (green_min is not null and yellow_min <= green_min)),
    check (yellow_max is null or (green_max is not null and yellow_max >= green_max)),
    check (
        red_threshold is null
        or coalesce(red_threshold > yellow_max, false) or coalesce(red_threshold < yellow_min, false)
    )
);
comment on table app.thresholds is
    'One row per metric with good ranges, as they hold now, in the metric''s own unit (fractions, not percent). A NULL '
    'bound is open, 0 is a bound. Read app.current_thresholds; earlier versions are in app.rule_versions.';

create view app.current_thresholds as
select
    organization_id, metric, green_min, green_max, yellow_min, yellow_max, red_threshold, notes, version, valid_from
from app.thresholds
where not is_retired;
comment on view app.current_thresholds is 'One row per metric of an organization whose thresholds hold now.';

create table app.alert_rules (
    organization_id text not null references app.organizations,
    rule text not null,
    kind text not null,
    metric text,
    severity text not null check (severity in ('critical', 'high', 'medium', 'low')),
    parameters jsonb not null default '{}',
    channels text[] not null,
    is_active boolean not null default true,
    seed jsonb,
    version integer not null default 1,
    valid_from timestamptz not null default clock_timestamp(),
    changed_by text not null default 'yaml',
    primary key (organization_id, rule)
);
comment on table app.alert_rules is
    'One row per alert rule, as it holds now: what raises it, how severe it is and where it is sent. Earlier versions '
    'are in app.rule_versions.';

create table app.client_mappings (
    organization_id text not null references app.organizations,
    source text not null,
    source_key text not null,
    client_name text not null,
    primary key (organization_id, source, source_key)
);
comment on table app.client_mappings is
    'One row per vendor record that a person has mapped to a client; source_key is the vendor''s id or the exact name '
    'there. Always equal to the YAML file.';

create table app.rule_versions (
    organization_id text not null,
    rule_version_id bigint generated always as identity,
    rule_table text not null,
    rule_key text not null,
    version integer not null,
    content jsonb not null,
    valid_from timestamptz not null,
    superseded_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, rule_version_id)
);
comment on table app.rule_versions is
    'One row per earlier version of a setting, threshold or alert rule, kept by a trigger whoever changes the row.';
"""

# The seed moving alone is no new version: only what readers of the rule see counts.
KEEP_VERSION = """
create function app.keep_version() returns trigger language plpgsql as $$
declare
    bookkeeping constant text[] := array['seed', 'version', 'valid_from', 'changed_by'];
begin
    if tg_op = 'UPDATE' and to_jsonb(new) - bookkeeping = to_jsonb(old) - bookkeeping then
        return new;
    end if;
    insert into app.rule_versions (organization_id, rule_table, rule_key, version, content, valid_from)
    values (
        old.organization_id, tg_table_name, to_jsonb(old) ->> tg_argv[0], old.version,
        to_jsonb(old) - array['organization_id', 'version', 'valid_from'], old.valid_from
    );
    if tg_op = 'DELETE' then
        return old;
    end if;
    new.version := old.version + 1;
    new.valid_from := clock_timestamp();
    return new;
end $$
"""

VERSIONED = {"settings": "setting", "thresholds": "metric", "alert_rules": "rule"}


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(KEEP_VERSION)
    for table, key in VERSIONED.items():
        op.execute(
            f"create trigger keep_version before update or delete on app.{table} "
            f"for each row execute function app.keep_version('{key}')"
        )


def downgrade() -> None:
    op.execute("drop view app.current_thresholds")
    for table in (
        "rule_versions",
        "client_mappings",
        "alert_rules",
        "thresholds",
        "account_rules",
        "rule_values",
        "settings",
        "organizations",
    ):
        op.execute(f"drop table app.{table}")
    op.execute("drop function app.keep_version()")
