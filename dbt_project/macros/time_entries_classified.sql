{#-
    What a time entry counts for, as `int_time_entries_classified` has it of all and `fct_time_entries` of those that a
    day has touched. Postgres joins every entry with its ticket before it looks which ones are asked for, so they are
    chosen first: `entries` is staged time entries, or some of them, and `classified_tickets` has at least their tickets.
-#}
{% macro time_entries_classified(entries, classified_tickets=none) -%}
with time_entries as (
    select * from {{ entries }}
    where not is_deleted
),

organizations as (
    select * from {{ ref('dim_organizations') }}
),

-- Ids of tickets, charge codes and companies overlap, so what an entry was charged to decides whether it has a ticket.
charged as (
    select
        time_entries.*,
        organizations.time_zone,
        case when time_entries.charge_to_type = 'ServiceTicket' then time_entries.charge_to_id end as ticket_id
    from time_entries
    inner join organizations on time_entries.organization_id = organizations.organization_id
),

tickets as (
    select * from {{ classified_tickets or ref('int_tickets_classified') }}
),

client_links as (
    select * from {{ source('app', 'client_links') }}
    where source = 'connectwise'
),

read_tickets as (
    select * from {{ ref('stg_connectwise__tickets') }}
),

cursors as (
    select * from {{ source('raw_meta', 'cursors') }}
    where source = 'connectwise' and stream = 'tickets'
),

classified as (
    select
        charged.organization_id,
        charged.time_entry_id,
        charged.ticket_id,
        coalesce(tickets.client_id, client_links.client_id, 'unassigned') as client_id,
        charged.member_identifier,
        charged.hours,
        case charged.billable_option
            when 'DoNotBill' then coalesce(charged.billed_hours, 0)
            else charged.billed_hours
        end as billed_hours,
        charged.billable_option,
        charged.work_type,
        charged.charge_to_type,
        charged.started_at,
        charged.entered_at,
        {{ period_of('charged.entered_at', 'charged.time_zone') }} as entered_period,
        coalesce(tickets.is_on_service_board, false) as is_reactive,
        case when charged.ticket_id is not null then read_tickets.ticket_id is not null end as is_ticket_held,
        -- A month read on its own brings the tickets of that month, and its hours were partly spent on older ones.
        -- Where all tickets up to then were read, the vendor has no such ticket.
        coalesce(
            charged.ticket_id is not null
            and read_tickets.ticket_id is null
            and charged.entered_at < upper(cursors.covered)
            and not cursors.covered @> tstzrange(null, charged.entered_at),
            false
        ) as is_ticket_unread,
        charged.extracted_at,
        tickets.extracted_at as ticket_extracted_at
    from charged
    left join tickets
        on
            charged.organization_id = tickets.organization_id
            and charged.ticket_id = tickets.ticket_id
    left join read_tickets
        on
            charged.organization_id = read_tickets.organization_id
            and charged.ticket_id = read_tickets.ticket_id
    left join cursors on charged.organization_id = cursors.organization_id
    left join client_links
        on
            charged.organization_id = client_links.organization_id
            and charged.connectwise_company_id = client_links.source_client_id
)

select * from classified
{%- endmacro %}
