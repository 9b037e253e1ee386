{#-
    The life of tickets, as `int_tickets_followed` has it of all and `fct_ticket_lifecycles` of those that a day has
    touched: `chosen` is a query for organization_id and ticket_id, nothing for all.
-#}
{% macro tickets_followed(chosen=none) -%}
with tickets as (
    {{ of_tickets(ref('fct_tickets'), chosen) }}
),

details as (
    select * from {{ ref('stg_connectwise__tickets') }}
    where not is_deleted
),

time_entries as (
    {{ of_tickets(ref('fct_time_entries'), chosen) }}
),

organizations as (
    select * from {{ ref('dim_organizations') }}
),

worked as (
    select
        organization_id,
        ticket_id,
        count(*) as time_entries,
        min(coalesce(started_at, entered_at)) as first_worked_at,
        sum(hours) as hours_actual,
        case when count(*) = count(billed_hours) then sum(billed_hours) end as hours_billed,
        max(extracted_at) as time_extracted_at
    from time_entries
    where ticket_id is not null
    group by organization_id, ticket_id
),

-- A survey is sent when a ticket is closed, so an open ticket with an answer was closed before.
answered as (
    select distinct
        organization_id,
        ticket_id
    from {{ ref('stg_connectwise__survey_results') }}
    where not is_deleted and ticket_id is not null
),

gathered as (
    select
        tickets.organization_id,
        tickets.ticket_id,
        tickets.client_id,
        tickets.board_name,
        nullif(btrim(details.ticket_type), '') as ticket_type,
        details.priority_name,
        details.owner_identifier as technician,
        tickets.status_name,
        tickets.is_reactive,
        tickets.is_closed_status,
        details.merged_into_ticket_id,
        tickets.entered_at,
        tickets.entered_period,
        -- Some roles and old tickets have no date of the answer; work that began tells the latest it can have been.
        coalesce(
            details.responded_at,
            case when worked.first_worked_at is not null then greatest(worked.first_worked_at, tickets.entered_at) end
        ) as first_response_at,
        case
            when details.responded_at is not null then 'ticket'
            when worked.first_worked_at is not null then 'time_entry'
        end as first_response_source,
        case when tickets.is_closed_status then tickets.closed_at end as closed_at,
        case when tickets.is_closed_status then tickets.closed_period end as closed_period,
        tickets.closed_at as left_at,
        details.is_closed_flag,
        answered.ticket_id is not null as is_answered,
        coalesce(details.responded_at, tickets.closed_at) as answered_at,
        coalesce(details.resolved_at, tickets.closed_at) as resolved_at,
        details.sla_name,
        details.respond_goal_at,
        details.resolution_goal_at,
        details.is_in_sla,
        coalesce(worked.time_entries, 0) as time_entries,
        coalesce(worked.hours_actual, 0) as hours_actual,
        case when worked.ticket_id is null then 0 else worked.hours_billed end as hours_billed,
        tickets.extracted_at,
        worked.time_extracted_at,
        organizations.as_of
    from tickets
    inner join details
        on
            tickets.organization_id = details.organization_id
            and tickets.ticket_id = details.ticket_id
    inner join organizations on tickets.organization_id = organizations.organization_id
    left join worked
        on
            tickets.organization_id = worked.organization_id
            and tickets.ticket_id = worked.ticket_id
    left join answered
        on
            tickets.organization_id = answered.organization_id
            and tickets.ticket_id = answered.ticket_id
),

-- A goal is missed when it passed without the deed, kept when the deed came first, and open until either happened.
judged as (
    select
        *,
        case
            when answered_at is not null then answered_at <= respond_goal_at
            when respond_goal_at < as_of then false
        end as is_response_in_time,
        case
            when resolved_at is not null then resolved_at <= resolution_goal_at
            when resolution_goal_at < as_of then false
        end as is_resolution_in_time,
        coalesce(sla_name, respond_goal_at::text, resolution_goal_at::text) is not null as has_sla
    from gathered
),

decided as (
    select
        *,
        case
            when not has_sla then null
            when is_response_in_time is false or is_resolution_in_time is false then false
            when not is_closed_status then null
            when respond_goal_at is null and resolution_goal_at is null then is_in_sla
            else true
        end as is_sla_met
    from judged
),

followed as (
    select
        organization_id,
        ticket_id,
        client_id,
        board_name,
        ticket_type,
        priority_name,
        technician,
        status_name,
        is_reactive,
        is_closed_status,
        merged_into_ticket_id,
        entered_at,
        entered_period,
        first_response_at,
        first_response_source,
        case
            when first_response_at is null
                then 'ConnectWise gives no date of a response, and no time was entered on the ticket.'
        end as first_response_reason,
        {{ round_half_even('extract(epoch from first_response_at - entered_at) / 3600', 4) }} as response_hours,
        closed_at,
        closed_period,
        {{ round_half_even('extract(epoch from closed_at - entered_at) / 3600', 4) }} as resolution_hours,
        case
            when not is_closed_status and (is_answered or (left_at is not null and is_closed_flag is false)) then true
        end as is_reopened,
        case
            when not is_closed_status and (is_answered or (left_at is not null and is_closed_flag is false)) then null
            else 'ConnectWise keeps no history of statuses, and nothing on the ticket shows that it was closed before.'
        end as reopened_reason,
        sla_name,
        respond_goal_at,
        resolution_goal_at,
        is_response_in_time,
        is_resolution_in_time,
        is_sla_met,
        case
            when is_sla_met is not null then null
            when not has_sla then 'No service level applies to the ticket.'
            when not is_closed_status then 'The ticket is still open and has missed no goal.'
            else 'ConnectWise tells neither the goals of the ticket nor whether they were met.'
        end as sla_reason,
        time_entries,
        hours_actual,
        hours_billed,
        extracted_at,
        time_extracted_at
    from decided
)

select * from followed
{%- endmacro %}

{#- The rows of a relation that are of the tickets chosen. -#}
{% macro of_tickets(relation, chosen) -%}
    select held.*
    from {{ relation }} as held
    {%- if chosen %}
    inner join {{ chosen }} as chosen
        on
            held.organization_id = chosen.organization_id
            and held.ticket_id = chosen.ticket_id
    {%- endif %}
{%- endmacro %}
