"""Review sessions: what an account manager prepares for a client's review, and the figures that were shown there."""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = """
create table app.review_sessions (
    organization_id text not null references app.organizations,
    session_id text not null check (session_id ~ '^QBR-[0-9]{4}-Q[1-4]-[a-z0-9-]+$' and length(session_id) <= 50),
    client_id text not null check (client_id <> 'unassigned'),
    client_name text not null,
    quarter text not null check (quarter ~ '^(20[0-9]{2}|2100)-Q[1-4]$'),
    fiscal_year integer not null generated always as (substr(quarter, 1, 4)::integer) stored,
    status text not null default 'draft' check (status in ('draft', 'finalised')),
    meeting_date date,
    next_meeting_date date,
    next_meeting_time time,
    manager_name text check (length(manager_name) <= 255),
    manager_email text check (length(manager_email) <= 255),
    manager_phone text check (length(manager_phone) <= 255),
    notes text,
    version integer not null default 1 check (version > 0),
    created_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    modified_by text not null,
    modified_at timestamptz not null default clock_timestamp(),
    finalised_by text,
    finalised_at timestamptz,
    primary key (organization_id, session_id),
    foreign key (organization_id, client_id) references app.clients,
    check (next_meeting_time is null or next_meeting_date is not null),
    check ((status = 'finalised') = (finalised_at is not null) and (finalised_at is null) = (finalised_by is null))
);
create index review_sessions_client on app.review_sessions (organization_id, client_id, quarter);
create index review_sessions_quarter on app.review_sessions (organization_id, quarter, fiscal_year);
create index review_sessions_status on app.review_sessions (organization_id, status);
comment on table app.review_sessions is
    'One row per review of a client''s quarter. A draft may be changed, each time to its next version; of a finalised '
    'one only action items may still be completed.';

create table app.review_priorities (
    organization_id text not null,
    session_id text not null,
    priority_number smallint not null check (priority_number between 1 and 3),
    title text not null check (title <> '' and length(title) <= 255),
    description text,
    primary key (organization_id, session_id, priority_number),
    foreign key (organization_id, session_id) references app.review_sessions on delete cascade
);
comment on table app.review_priorities is 'One row per priority of the client, as a review names it: three at most.';

create table app.review_recommendations (
    organization_id text not null,
    session_id text not null,
    position integer not null check (position > 0),
    rule text,
    is_auto_generated boolean not null generated always as (rule is not null) stored,
    category text not null check (category in ('equipment_refresh', 'safety_training', 'optimization')),
    title text not null check (title <> '' and length(title) <= 255),
    description text,
    estimated_impact text check (length(estimated_impact) <= 255),
    impact_amount numeric,
    status text not null default 'proposed' check (status in ('proposed', 'accepted', 'declined')),
    primary key (organization_id, session_id, position),
    unique (organization_id, session_id, rule),
    foreign key (organization_id, session_id) references app.review_sessions on delete cascade,
    check (impact_amount is null or rule is not null)
);
comment on table app.review_recommendations is
    'One row per recommendation of a review: by a rule, from marts.fct_recommendations with the amount that it is '
    'about, or typed by a person.';

create table app.review_actions (
    organization_id text not null,
    action_id bigint generated always as identity,
    session_id text not null,
    position integer not null check (position > 0),
    carried_from bigint,
    party text not null check (party in ('company', 'customer')),
    description text not null check (description <> '' and length(description) <= 500),
    owner_name text check (length(owner_name) <= 255),
    due_date date,
    is_completed boolean not null default false,
    completed_date date,
    primary key (organization_id, action_id),
    foreign key (organization_id, session_id) references app.review_sessions on delete cascade,
    foreign key (organization_id, carried_from) references app.review_actions,
    unique (organization_id, session_id, party, description) deferrable initially deferred,
    check (is_completed = (completed_date is not null))
);
create index review_actions_session on app.review_actions (organization_id, session_id);
create index review_actions_due on app.review_actions (organization_id, due_date);
create index review_actions_carried on app.review_actions (organization_id, carried_from);
comment on table app.review_actions is
    'One row per thing that somebody promised to do in a review. One that is still open at the next review stands '
    'there again, carried_from the row before; completing either completes both.';

create table app.review_insights (
    organization_id text not null,
    session_id text not null,
    topic text not null check (topic in (
        'manufacturer_news', 'industry_trend', 'electrification', 'automation', 'safety_compliance'
    )),
    text text not null check (text <> ''),
    primary key (organization_id, session_id, topic),
    foreign key (organization_id, session_id) references app.review_sessions on delete cascade
);
comment on table app.review_insights is 'One row per topic of the trade on which a review says something, as typed.';

create table app.review_figures (
    organization_id text not null,
    session_id text not null,
    mart text not null,
    row_number integer not null check (row_number > 0),
    facts jsonb not null,
    primary key (organization_id, session_id, mart, row_number),
    foreign key (organization_id, session_id) references app.review_sessions
);
comment on table app.review_figures is
    'One row per row of a mart that a finalised review rests on, as it was then, so that the review does not change.';
"""

KEEP = """
create function app.keep_finalised_reviews() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    was jsonb := case when tg_op = 'INSERT' then null else to_jsonb(old) end;
    becomes jsonb := case when tg_op = 'DELETE' then null else to_jsonb(new) end;
    is_final boolean;
begin
    if tg_table_name = 'review_sessions' then
        is_final := was ->> 'status' = 'finalised';
    else
        is_final := exists (
            select from app.review_sessions s
            where s.organization_id = coalesce(was, becomes) ->> 'organization_id' and s.status = 'finalised'
                and s.session_id in (was ->> 'session_id', becomes ->> 'session_id')
        );
    end if;
    if is_final and not (
        tg_table_name = 'review_actions' and tg_op = 'UPDATE' and not (was ->> 'is_completed')::boolean
        and was - array['is_completed', 'completed_date'] = becomes - array['is_completed', 'completed_date']
    ) then
        raise exception 'The review % is finalised: % of app.% is refused.',
            coalesce(was, becomes) ->> 'session_id', lower(tg_op), tg_table_name
        using errcode = 'insufficient_privilege', hint = 'Open action items may still be completed.';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
comment on function app.keep_finalised_reviews() is
    'Refuses every change of a finalised review but the completing of an open action item.';
"""

GUARDED = ("review_sessions", "review_priorities", "review_recommendations", "review_actions", "review_insights")


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(KEEP)
    for table in GUARDED:
        op.execute(
            f"create trigger keep_finalised before insert or update or delete on app.{table} "
            "for each row execute function app.keep_finalised_reviews()"
        )
    op.execute(
        "create trigger append_only before update or delete or truncate on app.review_figures "
        "for each statement execute function app.refuse_change()"
    )


def downgrade() -> None:
    for table in ("review_figures", *reversed(GUARDED)):
        op.execute(f"drop table app.{table}")
    op.execute("drop function app.keep_finalised_reviews()")
