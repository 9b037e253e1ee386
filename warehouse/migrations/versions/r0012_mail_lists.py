"""Who is on a list of report mails, and who has taken themselves off it by the link in each mail.

Follows 0009, which was made beside 0010 and 0011 and landed after them: the order is 0008, 0011, 0010, 0009, 0012.
"""

from alembic import op

revision = "0012"
down_revision = "0009"

TABLES = """
create table app.mail_recipients (
    organization_id text not null references app.organizations,
    mail_list text not null,
    recipient text not null check (recipient = lower(recipient) and recipient <> ''),
    token_hash bytea not null check (length(token_hash) = 32),
    first_mailed_at timestamptz not null,
    left_at timestamptz,
    primary key (organization_id, mail_list, recipient),
    unique (organization_id, token_hash)
);
create index mail_recipients_token on app.mail_recipients (token_hash);
comment on table app.mail_recipients is
    'One row per address that a list of report mails was sent to. Of the secret in its link only the SHA-256 is kept.';
comment on column app.mail_recipients.left_at is
    'When whoever held the link took the address off the list; it gets none until somebody puts it back.';
"""

# The portal learns from the link which organization it is of. It may look up the list that a secret it was shown takes
# off, and take that one address off it; nothing else of the table.
FUNCTIONS = """
create function app.mail_list_of(hash bytea)
returns table (organization_id text, mail_list text, recipient text, left_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select organization_id, mail_list, recipient, left_at from app.mail_recipients where token_hash = hash
$$;
comment on function app.mail_list_of(bytea) is 'Which list and address it is, to whoever holds the secret.';

create function app.leave_mail_list(hash bytea, at timestamptz, ip inet, agent text)
returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
    with gone as (
        update app.mail_recipients set left_at = at where token_hash = hash and left_at is null
        returning organization_id, mail_list, recipient
    )
    insert into app.audit_log (organization_id, actor_kind, actor_id, action, resource, ip_address, user_agent)
    select organization_id, 'person', recipient, 'mail_list_left', mail_list, ip, left(agent, 200) from gone
$$;
comment on function app.leave_mail_list(bytea, timestamptz, inet, text) is 'Takes an address off a list, once.';
revoke execute on function app.mail_list_of(bytea) from public;
revoke execute on function app.leave_mail_list(bytea, timestamptz, inet, text) from public;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(FUNCTIONS)


def downgrade() -> None:
    op.execute("drop function app.leave_mail_list(bytea, timestamptz, inet, text)")
    op.execute("drop function app.mail_list_of(bytea)")
    op.execute("drop table app.mail_recipients")
