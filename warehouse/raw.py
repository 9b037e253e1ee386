"""The raw tables: one schema a source, one table a stream, and ``raw_meta`` for what is known about the reading.

Only their shape is here, made with "if not exists" at every start; what goes into them is the loader's business.
Vendors' records are kept as JSON, so a vendor's new field needs no change here.
"""

from collections.abc import Iterable
from typing import NamedTuple

import psycopg
from psycopg import sql

from warehouse import request_budgets

# Any number will do as long as every process uses the same: two that start together take turns.
_LOCK = 7_302_540

_META = """
create schema if not exists raw_meta;

create table if not exists raw_meta.cursors (
    organization_id text not null,
    source text not null,
    stream text not null,
    watermark timestamptz,
    covers_from timestamptz,
    covered tstzmultirange not null default '{}',
    completed_at timestamptz,
    completed_as_of timestamptz,
    completed_run_id text,
    fence bigint not null default 0,
    resume jsonb,
    version text,
    whole_at timestamptz,
    primary key (organization_id, source, stream)
);
do $$ begin  -- not `add column if not exists`, which waits for everybody who reads the table, each time
    if not exists (select from pg_attribute where attrelid = 'raw_meta.cursors'::regclass and attname = 'whole_at') then
        alter table raw_meta.cursors add column version text, add column whole_at timestamptz;
    end if;
end $$;
comment on table raw_meta.cursors is 'One row per stream of an organization: how far it has been read.';
comment on column raw_meta.cursors.watermark is 'Changes up to here are loaded; the next read asks for later ones.';
comment on column raw_meta.cursors.covers_from is
    'From here to the last complete run nothing is missing; null after a complete run: from the beginning.';
comment on column raw_meta.cursors.covered is 'All stretches of time that complete runs have read.';
comment on column raw_meta.cursors.completed_at is 'When the last complete run closed, by the wall clock.';
comment on column raw_meta.cursors.completed_as_of is 'The instant that run took for now.';
comment on column raw_meta.cursors.fence is 'Number of the newest run; a run with a lower one may no longer write.';
comment on column raw_meta.cursors.resume is 'Where an interrupted read can go on; null when none was interrupted.';
comment on column raw_meta.cursors.version is
    'The pinned version of the vendor that the last complete read of everything asked for.';
comment on column raw_meta.cursors.whole_at is 'The instant that the last complete read of everything took for now.';

create table if not exists raw_meta.extraction_log (
    log_id bigint generated always as identity primary key,
    run_id text not null,
    organization_id text not null,
    source text not null,
    stream text not null,
    window_kind text not null,
    window_from timestamptz,
    window_to timestamptz,
    as_of timestamptz not null,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    outcome text not null default 'running' check (outcome in ('running', 'complete', 'failed', 'superseded')),
    pages bigint not null default 0,
    records bigint not null default 0,
    records_new bigint not null default 0,
    records_changed bigint not null default 0,
    records_unchanged bigint not null default 0,
    records_deleted bigint not null default 0,
    records_rejected bigint not null default 0,
    bytes bigint not null default 0,
    requests bigint not null default 0,
    retries bigint not null default 0,
    rate_limit_waits bigint not null default 0,
    seconds numeric,
    vendor_count bigint,
    certificate jsonb,
    error text
);
create index if not exists extraction_log_by_stream
    on raw_meta.extraction_log (organization_id, source, stream, log_id);
comment on table raw_meta.extraction_log is
    'One row per run of a stream of an organization. records = new + changed + unchanged; rejected ones come on top.';

create table if not exists raw_meta.rejected_records (
    rejected_id bigint generated always as identity primary key,
    organization_id text not null,
    source text not null,
    stream text not null,
    run_id text not null,
    record_id text,
    body text not null,
    body_hash bytea not null,
    reason text not null,
    rejected_at timestamptz not null default clock_timestamp(),
    last_rejected_at timestamptz not null default clock_timestamp(),
    settled_at timestamptz,
    constraint rejected_records_once
        unique nulls not distinct (organization_id, source, stream, record_id, body_hash, reason)
);
do $$ begin
    if not exists (
        select from pg_attribute where attrelid = 'raw_meta.rejected_records'::regclass and attname = 'settled_at'
    ) then
        alter table raw_meta.rejected_records add column settled_at timestamptz,
            add column last_rejected_at timestamptz not null default clock_timestamp();
    end if;
end $$;
comment on table raw_meta.rejected_records is 'One row per vendor record that did not fit, with the reason; each once.';
comment on column raw_meta.rejected_records.settled_at is
    'When the record had fitted since, or a whole read gave it no more; null while the rejection stands.';

create table if not exists raw_meta.profiled_streams (
    organization_id text not null,
    source text not null,
    stream text not null,
    profiled_to timestamptz,
    finding text,
    run_id text,
    primary key (organization_id, source, stream)
);
comment on table raw_meta.profiled_streams is
    'One row per stream of an organization: up to when its records were looked at for field_profiles.';
comment on column raw_meta.profiled_streams.finding is 'Said while too many of its records do not fit.';

create table if not exists raw_meta.field_profiles (
    organization_id text not null,
    source text not null,
    stream text not null,
    field text not null,
    is_mapped boolean not null,
    records bigint not null,
    present bigint not null,
    witness text,
    missed bigint not null default 0,
    missed_changed bigint not null default 0,
    lost_at timestamptz,
    severity text check (severity in ('error', 'warning')),
    finding text,
    first_seen_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, source, stream, field)
);
comment on table raw_meta.field_profiles is
    'One row per field of a stream of an organization: how many of the records looked at had a value.';
comment on column raw_meta.field_profiles.is_mapped is
    'Whether a staging model reads it; of the others only the top-level names are known.';
comment on column raw_meta.field_profiles.witness is 'The id of a record that has a value.';
comment on column raw_meta.field_profiles.missed is 'Records looked at since one last had a value.';
comment on column raw_meta.field_profiles.finding is 'Said while the field seems to have disappeared.';

create table if not exists raw_meta.backfills (
    organization_id text not null,
    source text not null,
    stream text not null,
    first_month text not null,
    last_month text not null,
    version text not null,
    months_done text[] not null default '{}',
    begun_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, source, stream, first_month, last_month)
);
comment on table raw_meta.backfills is
    'One row per stream and range of months that is being read again; gone when the range is complete.';

create table if not exists raw_meta.seen_records (
    read_id bigint not null,
    record_id text not null
);
comment on table raw_meta.seen_records is
    'Ids seen by complete reads under way, so that what was not seen can be marked deleted. Empty between runs.';
create sequence if not exists raw_meta.reads;
"""

_STREAM = """
create table if not exists {table} (
    organization_id text not null,
    record_id text not null,
    record jsonb not null,
    source_updated_at timestamptz,
    record_hash bytea not null,
    first_seen_at timestamptz not null,
    extracted_at timestamptz not null,
    deleted_at timestamptz,
    run_id text not null,
    primary key (organization_id, record_id)
);
create index if not exists {index} on {table} (organization_id, extracted_at);
comment on table {table} is {comment};
"""

_DAILY = """
create table if not exists {table} (
    organization_id text not null,
    record_id text not null,
    snapshot_date date not null,
    record jsonb not null,
    record_hash bytea not null,
    extracted_at timestamptz not null,
    run_id text not null,
    deleted_at timestamptz,
    primary key (organization_id, snapshot_date, record_id)
);
do $$ begin  -- not `add column if not exists`, which waits for everybody who reads the table, each time
    if not exists (select from pg_attribute where attrelid = {name}::regclass and attname = 'deleted_at') then
        alter table {table} add column deleted_at timestamptz;
    end if;
end $$;
comment on table {table} is {comment};
"""


class StreamKey(NamedTuple):
    """One stream of one organization."""

    organization_id: str
    source: str
    stream: str

    def __str__(self) -> str:
        return f"{self.source} {self.stream} of {self.organization_id}"

    @property
    def table(self) -> sql.Identifier:
        """The raw table; rows of other organizations lie in it as well."""
        return sql.Identifier(f"raw_{self.source}", self.stream)

    @property
    def daily_table(self) -> sql.Identifier:
        """The table of daily history, for streams that keep one."""
        return sql.Identifier(f"raw_{self.source}", f"{self.stream}_daily")


def ensure_raw_tables(connection: psycopg.Connection, streams: Iterable[tuple[str, str, bool]]) -> None:
    """Make the raw tables that are missing, empty; safe to run at every start and from two processes at once.

    ``streams`` holds source, stream and whether its daily history is kept.
    """
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute("set local client_min_messages = warning")  # "already exists, skipping" helps nobody
        connection.execute(_META)
        connection.execute(request_budgets.TABLES)
        for source, stream, keeps_daily_history in streams:
            connection.execute(_stream_tables(source, stream, keeps_daily_history=keeps_daily_history))


def _stream_tables(source: str, stream: str, *, keeps_daily_history: bool) -> sql.Composed:
    key = StreamKey("", source, stream)
    statements = [
        sql.SQL("create schema if not exists {};").format(sql.Identifier(f"raw_{source}")),
        sql.SQL(_STREAM).format(
            table=key.table,
            index=sql.Identifier(f"{stream}_by_extracted_at"),
            comment=sql.Literal(f"One row per {source} record of {stream}, as the vendor last gave it."),
        ),
    ]
    if keeps_daily_history:
        statements.append(
            sql.SQL(_DAILY).format(
                table=key.daily_table,
                name=sql.Literal(f"raw_{source}.{stream}_daily"),
                comment=sql.Literal(f"One row per {source} record of {stream} and day on which it was read."),
            )
        )
    return sql.Composed(statements)
