"""Decks as they were shown: finalised ones with their snapshots, the books behind them, what was written beside."""

from alembic import op

revision = "0011"
down_revision = "0008"

TABLES = """
create table app.frozen_decks (
    organization_id text not null references app.organizations,
    quarter text not null check (quarter ~ '^(20[0-9]{2}|2100)-Q[1-4]$'),
    deck text not null,
    client_id text not null default 'all',
    snapshot bytea not null,
    snapshot_sha256 text not null check (snapshot_sha256 ~ '^[0-9a-f]{64}$'),
    content bytea not null,
    content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
    record bytea not null,
    uri text not null,
    note text,
    finalised_by text not null,
    finalised_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, quarter, deck, client_id)
);
comment on table app.frozen_decks is
    'One row per deck that was finalised: the file as it was shown, the snapshot it was drawn from, what it says, and '
    'who finalised it. Rows are only ever added.';

create table app.frozen_ledger (
    organization_id text not null,
    quarter text not null,
    period text not null,
    basis text not null,
    report_group text not null,
    account_id text not null,
    account_name text,
    metric text,
    amount numeric not null,
    primary key (organization_id, quarter, period, basis, report_group, account_id),
    foreign key (organization_id, quarter) references app.frozen_quarters
);
comment on table app.frozen_ledger is
    'One row per account and month of a frozen quarter with what was posted on it then, so that a restatement can name '
    'the account.';

create table app.deck_comments (
    organization_id text not null references app.organizations,
    comment_id bigint generated always as identity,
    quarter text not null check (quarter ~ '^(20[0-9]{2}|2100)-Q[1-4]$'),
    deck text not null,
    client_id text not null default 'all',
    comment text not null check (char_length(comment) <= 2000),
    written_by text not null,
    written_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, comment_id)
);
create index deck_comments_of_a_deck on app.deck_comments (organization_id, quarter, deck, client_id, comment_id);
comment on table app.deck_comments is
    'One row per commentary that somebody wrote for a deck. Rows are only ever added: the last one of a deck holds, an '
    'empty one takes it back.';
"""

KEPT = ("frozen_decks", "frozen_ledger", "deck_comments")


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
