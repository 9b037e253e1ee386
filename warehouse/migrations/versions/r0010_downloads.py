"""Links that open finished files, who opened them, and when a file was removed."""

from alembic import op

revision = "0010"
down_revision = "0011"

TABLES = """
alter table app.artefacts add column removed_at timestamptz;
comment on column app.artefacts.removed_at is 'When the file was removed because it was kept long enough.';

create table app.share_links (
    organization_id text not null references app.organizations,
    link_id bigint generated always as identity,
    token_hash bytea not null check (length(token_hash) = 32),
    label text not null,
    created_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null check (expires_at > created_at),
    revoked_at timestamptz,
    revoked_by text,
    revoke_reason text,
    primary key (organization_id, link_id),
    unique (organization_id, token_hash)
);
create index share_links_token on app.share_links (token_hash);
comment on table app.share_links is
    'One row per link that opens files of one organization until it expires or is revoked. Of its secret only the '
    'SHA-256 is kept.';

create table app.share_link_files (
    organization_id text not null,
    link_id bigint not null,
    artefact_id bigint not null,
    primary key (organization_id, link_id, artefact_id),
    foreign key (organization_id, link_id) references app.share_links,
    foreign key (organization_id, artefact_id) references app.artefacts
);
comment on table app.share_link_files is
    'One row per file that a link opens: that very version of it, and no later one.';

create table app.share_views (
    organization_id text not null,
    view_id bigint generated always as identity,
    link_id bigint not null,
    artefact_id bigint,
    outcome text not null check (
        outcome in (
            'listed', 'receipts', 'downloaded', 'expired', 'revoked', 'replaced', 'removed', 'damaged', 'refused'
        )
    ),
    ip_address inet,
    user_agent text,
    viewed_at timestamptz not null,
    primary key (organization_id, view_id),
    foreign key (organization_id, link_id) references app.share_links
);
create index share_views_link on app.share_views (organization_id, link_id, viewed_at);
comment on table app.share_views is
    'One row per time a link was used: what was seen or fetched, or why it was not. Rows are only ever added.';
"""

# The portal signs in as a role that sees one organization, and learns from the link which one. It may look up the
# organization of a link whose secret it was shown, and note that the link was used; nothing else beyond its own rows.
FUNCTIONS = """
create function app.organization_of_share_link(hash bytea) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select organization_id from app.share_links where token_hash = hash
$$;
comment on function app.organization_of_share_link(bytea) is 'Whose link it is, to whoever holds its secret.';

create function app.note_share_view(hash bytea, file_id bigint, what text, ip inet, agent text, at timestamptz)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into app.share_views (organization_id, link_id, artefact_id, outcome, ip_address, user_agent, viewed_at)
    select organization_id, link_id, file_id, what, ip, left(agent, 200), at
    from app.share_links where token_hash = hash
$$;
comment on function app.note_share_view(bytea, bigint, text, inet, text, timestamptz) is 'Notes one use of a link.';
revoke execute on function app.organization_of_share_link(bytea) from public;
revoke execute on function app.note_share_view(bytea, bigint, text, inet, text, timestamptz) from public;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(FUNCTIONS)
    op.execute(
        "create trigger append_only before update or delete or truncate on app.share_views "
        "for each statement execute function app.refuse_change()"
    )


def downgrade() -> None:
    op.execute("drop function app.note_share_view(bytea, bigint, text, inet, text, timestamptz)")
    op.execute("drop function app.organization_of_share_link(bytea)")
    for table in ("share_views", "share_link_files", "share_links"):
        op.execute(f"drop table app.{table}")
    op.execute("alter table app.artefacts drop column removed_at")
