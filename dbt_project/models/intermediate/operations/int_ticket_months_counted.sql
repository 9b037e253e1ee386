with tickets as (
    select
        organization_id,
        client_id,
        coalesce(board_name, 'unknown') as board_name,
        coalesce(ticket_type, 'untyped') as ticket_type,
        coalesce(technician, 'unassigned') as technician,
        ticket_id,
        is_reactive,
        entered_period,
        closed_period
    from {{ ref('fct_ticket_lifecycles') }}
),

time_entries as (
    select * from {{ ref('fct_time_entries') }}
),

entered as (
    select
        organization_id,
        client_id,
        board_name,
        ticket_type,
        technician,
        entered_period as period,
        count(*) as tickets_created,
        count(*) filter (where is_reactive) as reactive_tickets_created,
        0 as tickets_closed,
        0 as reactive_tickets_closed,
        0 as time_entries,
        0::numeric as hours_actual,
        0::numeric as reactive_hours,
        0::numeric as hours_billed,
        0 as entries_without_billed_hours,
        0 as tickets_unread
    from tickets
    group by 1, 2, 3, 4, 5, 6
),

closed as (
    select
        organization_id,
        client_id,
        board_name,
        ticket_type,
        technician,
        closed_period as period,
        0 as tickets_created,
        0 as reactive_tickets_created,
        count(*) as tickets_closed,
        count(*) filter (where is_reactive) as reactive_tickets_closed,
        0 as time_entries,
        0::numeric as hours_actual,
        0::numeric as reactive_hours,
        0::numeric as hours_billed,
        0 as entries_without_billed_hours,
        0 as tickets_unread
    from tickets
    where closed_period is not null
    group by 1, 2, 3, 4, 5, 6
),

-- Work lies on the board and type of its ticket, and with the member who did it.
placed as (
    select
        time_entries.organization_id,
        time_entries.client_id,
        case when time_entries.ticket_id is null then 'no ticket' else coalesce(tickets.board_name, 'unknown') end
            as board_name,
        case when time_entries.ticket_id is null then 'no ticket' else coalesce(tickets.ticket_type, 'unknown') end
            as ticket_type,
        coalesce(time_entries.member_identifier, 'unassigned') as technician,
        time_entries.entered_period as period,
        time_entries.ticket_id,
        time_entries.is_ticket_unread,
        time_entries.is_reactive,
        time_entries.hours,
        time_entries.billed_hours
    from time_entries
    left join tickets
        on
            time_entries.organization_id = tickets.organization_id
            and time_entries.ticket_id = tickets.ticket_id
),

worked as (
    select
        organization_id,
        client_id,
        board_name,
        ticket_type,
        technician,
        period,
        0 as tickets_created,
        0 as reactive_tickets_created,
        0 as tickets_closed,
        0 as reactive_tickets_closed,
        count(*) as time_entries,
        sum(hours) as hours_actual,
        coalesce(sum(hours) filter (where is_reactive), 0) as reactive_hours,
        coalesce(sum(billed_hours), 0) as hours_billed,
        count(*) - count(billed_hours) as entries_without_billed_hours,
        0 as tickets_unread
    from placed
    group by 1, 2, 3, 4, 5, 6
),

-- Whether these hours are reactive only their tickets could tell. They are few, and counted apart: to count each once
-- among all entries, all of them would have to be sorted.
unread as (
    select
        organization_id,
        client_id,
        board_name,
        ticket_type,
        technician,
        period,
        0 as tickets_created,
        0 as reactive_tickets_created,
        0 as tickets_closed,
        0 as reactive_tickets_closed,
        0 as time_entries,
        0::numeric as hours_actual,
        0::numeric as reactive_hours,
        0::numeric as hours_billed,
        0 as entries_without_billed_hours,
        count(distinct ticket_id) as tickets_unread
    from placed
    where is_ticket_unread
    group by 1, 2, 3, 4, 5, 6
),

added as (
    select
        organization_id,
        client_id,
        board_name,
        ticket_type,
        technician,
        period,
        sum(tickets_created)::bigint as tickets_created,
        sum(reactive_tickets_created)::bigint as reactive_tickets_created,
        sum(tickets_closed)::bigint as tickets_closed,
        sum(reactive_tickets_closed)::bigint as reactive_tickets_closed,
        sum(time_entries)::bigint as time_entries,
        sum(hours_actual) as hours_actual,
        sum(reactive_hours) as reactive_hours,
        sum(hours_billed) as hours_billed,
        sum(entries_without_billed_hours)::bigint as entries_without_billed_hours,
        sum(tickets_unread)::bigint as tickets_unread
    from (
        select * from entered
        union all
        select * from closed
        union all
        select * from worked
        union all
        select * from unread
    ) as events
    group by 1, 2, 3, 4, 5, 6
),

coverage as (
    select
        organization_id,
        period,
        max(reason) filter (where stream = 'tickets') as tickets_reason,
        max(reason) filter (where stream = 'time_entries') as time_reason
    from {{ ref('int_periods_covered') }}
    where source = 'connectwise' and stream in ('tickets', 'time_entries')
    group by 1, 2
),

counted as (
    select
        added.organization_id,
        added.client_id,
        added.board_name,
        added.ticket_type,
        added.technician,
        added.period,
        case when coverage.tickets_reason is null then added.tickets_created end as tickets_created,
        case when coverage.tickets_reason is null then added.reactive_tickets_created end as reactive_tickets_created,
        case when coverage.tickets_reason is null then added.tickets_closed end as tickets_closed,
        case when coverage.tickets_reason is null then added.reactive_tickets_closed end as reactive_tickets_closed,
        case when coverage.time_reason is null then added.time_entries end as time_entries,
        case when coverage.time_reason is null then added.hours_actual end as hours_actual,
        case
            when coverage.time_reason is null and coverage.tickets_reason is null and added.tickets_unread = 0
                then added.reactive_hours
        end as reactive_hours,
        case
            when coverage.time_reason is null and added.entries_without_billed_hours = 0 then added.hours_billed
        end as hours_billed,
        case when coverage.time_reason is null then added.entries_without_billed_hours end
            as entries_without_billed_hours,
        nullif(
            concat_ws(
                ' ',
                coverage.tickets_reason,
                coverage.time_reason,
                case
                    when added.entries_without_billed_hours > 0
                        then
                            'ConnectWise tells no billed hours of ' || added.entries_without_billed_hours
                            || ' time entries.'
                end,
                case
                    when added.tickets_unread > 0
                        then
                            'Hours of the month were charged to older tickets that were not read ('
                            || added.tickets_unread || '); a run without a period reads them.'
                end
            ),
            ''
        ) as reason
    from added
    inner join coverage
        on
            added.organization_id = coverage.organization_id
            and added.period = coverage.period
)

select * from counted
