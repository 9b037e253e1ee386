"""The SQL somebody would write by hand for tickets, time entries and their monthly figures, straight from raw records.

The least that gives the same facts: no typed tables in between, no tests but the keys, no reasons for what is missing.
A day replaces what was written since the newest row.
"""

import psycopg

_TICKETS = """
select raw.organization_id, raw.record_id as ticket_id,
    coalesce(links.client_id, 'unassigned') as client_id,
    fields.summary, fields.board ->> 'name' as board_name, fields.status ->> 'name' as status_name,
    lower(btrim(fields.board ->> 'name')) = any(rules.boards) as is_on_service_board,
    lower(btrim(fields.board ->> 'name')) = any(rules.boards) and fields."parentTicketId" is null as is_reactive,
    lower(btrim(fields.status ->> 'name')) = any(rules.statuses) as is_closed_status,
    fields."parentTicketId" as parent_ticket_id,
    (fields._info ->> 'dateEntered')::timestamptz as entered_at,
    nullif(fields."closedDate", '')::timestamptz as closed_at,
    to_char((fields._info ->> 'dateEntered')::timestamptz at time zone rules.time_zone, 'YYYY-MM') as entered_period,
    to_char(nullif(fields."closedDate", '')::timestamptz at time zone rules.time_zone, 'YYYY-MM') as closed_period,
    raw.extracted_at
from raw_connectwise.tickets as raw
cross join lateral jsonb_to_record(raw.record) as fields (
    summary text, board jsonb, status jsonb, company jsonb, "parentTicketId" text, "closedDate" text, _info jsonb
)
join by_hand.rules as rules on rules.organization_id = raw.organization_id
left join app.client_links as links on links.organization_id = raw.organization_id
    and links.source = 'connectwise' and links.source_client_id = fields.company ->> 'id'
where raw.deleted_at is null
"""

_TIME_ENTRIES = """
select raw.organization_id, raw.record_id as time_entry_id,
    case when fields."chargeToType" = 'ServiceTicket' then fields."chargeToId" end as ticket_id,
    coalesce(tickets.client_id, links.client_id, 'unassigned') as client_id,
    fields.member ->> 'identifier' as member_identifier, fields."actualHours" as hours,
    nullif(fields."dateEntered", '')::timestamptz as entered_at,
    to_char(nullif(fields."dateEntered", '')::timestamptz at time zone rules.time_zone, 'YYYY-MM') as entered_period,
    coalesce(tickets.is_on_service_board, false) as is_reactive,
    raw.extracted_at
from raw_connectwise.time_entries as raw
cross join lateral jsonb_to_record(raw.record) as fields (
    company jsonb, "chargeToType" text, "chargeToId" text, member jsonb, "actualHours" numeric, "dateEntered" text
)
join by_hand.rules as rules on rules.organization_id = raw.organization_id
left join by_hand.tickets as tickets on tickets.organization_id = raw.organization_id
    and fields."chargeToType" = 'ServiceTicket' and tickets.ticket_id = fields."chargeToId"
left join app.client_links as links on links.organization_id = raw.organization_id
    and links.source = 'connectwise' and links.source_client_id = fields.company ->> 'id'
where raw.deleted_at is null
"""

_MONTHS = """
drop table if exists by_hand.months;
create table by_hand.months as
select organization_id, coalesce(client_id, 'all') as client_id, entered_period as period,
    'reactive_tickets_created' as metric, count(*)::numeric as value
from by_hand.tickets where is_reactive
group by grouping sets ((organization_id, client_id, entered_period), (organization_id, entered_period))
union all
select organization_id, coalesce(client_id, 'all'), closed_period, 'reactive_tickets_closed', count(*)
from by_hand.tickets where is_reactive and is_closed_status
group by grouping sets ((organization_id, client_id, closed_period), (organization_id, closed_period))
union all
select organization_id, coalesce(client_id, 'all'), entered_period, 'reactive_time_spent', sum(hours)
from by_hand.time_entries where is_reactive
group by grouping sets ((organization_id, client_id, entered_period), (organization_id, entered_period))
"""

_BUILD = f"""
drop schema if exists by_hand cascade;
create schema by_hand;
create table by_hand.rules as
select organizations.organization_id, organizations.time_zone,
    array_agg(lower(btrim(value))) filter (where rule = 'service_board') as boards,
    array_agg(lower(btrim(value))) filter (where rule = 'closed_status') as statuses
from app.organizations as organizations join app.rule_values using (organization_id)
group by organizations.organization_id;
create table by_hand.tickets as {_TICKETS};
alter table by_hand.tickets add primary key (organization_id, ticket_id);
create table by_hand.time_entries as {_TIME_ENTRIES};
alter table by_hand.time_entries add primary key (organization_id, time_entry_id);
{_MONTHS}
"""

_DAY = f"""
create temporary table new_tickets on commit drop as
select organization_id, record_id from raw_connectwise.tickets
where extracted_at > (select max(extracted_at) from by_hand.tickets);
create temporary table new_entries on commit drop as
select organization_id, record_id from raw_connectwise.time_entries
where extracted_at > (select max(extracted_at) from by_hand.time_entries)
union
select entries.organization_id, entries.time_entry_id from by_hand.time_entries as entries
join new_tickets on new_tickets.organization_id = entries.organization_id and new_tickets.record_id = entries.ticket_id;
analyze new_tickets;
analyze new_entries;
delete from by_hand.tickets using new_tickets
where tickets.organization_id = new_tickets.organization_id and tickets.ticket_id = new_tickets.record_id;
insert into by_hand.tickets {_TICKETS}
    and (raw.organization_id, raw.record_id) in (select organization_id, record_id from new_tickets);
delete from by_hand.time_entries using new_entries
where time_entries.organization_id = new_entries.organization_id
    and time_entries.time_entry_id = new_entries.record_id;
insert into by_hand.time_entries {_TIME_ENTRIES}
    and (raw.organization_id, raw.record_id) in (select organization_id, record_id from new_entries);
{_MONTHS}
"""

DIFFERENCES = """
with built as (
    select organization_id, client_id, period, metric, value from intermediate.int_ticket_metrics_counted
    where value is not null and value <> 0
),
wanted as (select * from by_hand.months where value <> 0 and period is not null)
(select * from built except select * from wanted) union all (select * from wanted except select * from built)
"""
"""Figures that only one of the two ways has."""


def build(url: str) -> None:
    """Everything from nothing."""
    _run(url, _BUILD)


def day(url: str) -> None:
    """What was written since the last time."""
    _run(url, _DAY)


def _run(url: str, statements: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statements)  # type: ignore[arg-type]
