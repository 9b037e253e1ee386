-- By client and board first: what is left to add up for the whole organization is little.
with tickets as (
    select
        organization_id,
        client_id,
        entered_period as period,
        lower(btrim(board_name)) as board_name,
        count(*) filter (where is_reactive) as tickets,
        count(ticket_type) filter (where is_reactive) as tickets_typed
    from {{ ref('fct_ticket_lifecycles') }}
    group by organization_id, client_id, entered_period, lower(btrim(board_name))
),

time_entries as (
    select
        organization_id,
        client_id,
        entered_period as period,
        sum(hours) as hours,
        sum(hours) filter (where charge_to_type in ('ServiceTicket', 'ProjectTicket')) as hours_on_tickets
    from {{ ref('fct_time_entries') }}
    group by organization_id, client_id, entered_period
),

scopes as (
    select * from {{ ref('int_metric_scopes_listed') }}
),

rules as (
    select * from {{ ref('int_rules_gathered') }}
),

typed as (
    select
        organization_id,
        scope_id as client_id,
        period,
        sum(tickets)::bigint as tickets,
        sum(tickets_typed)::bigint as tickets_typed
    from {{ in_both_scopes('tickets') }} as tickets
    group by organization_id, scope_id, period
),

-- What a board's work is somebody has said where the rules name it, or where ConnectWise has it for projects.
boards as (
    select
        organization_id,
        lower(btrim(board_name)) as board_name,
        bool_or(coalesce(is_project, false)) as is_project
    from {{ ref('stg_connectwise__boards') }}
    where not is_deleted
    group by organization_id, lower(btrim(board_name))
),

sorted as (
    select
        tickets.organization_id,
        tickets.scope_id as client_id,
        tickets.period,
        count(distinct tickets.board_name) as boards,
        count(distinct tickets.board_name) filter (
            where boards.is_project or tickets.board_name = any(rules.service_boards)
        ) as boards_mapped
    from {{ in_both_scopes('tickets') }} as tickets
    inner join rules on tickets.organization_id = rules.organization_id
    left join boards
        on
            tickets.organization_id = boards.organization_id
            and tickets.board_name = boards.board_name
    group by tickets.organization_id, tickets.scope_id, tickets.period
),

timed as (
    select
        organization_id,
        scope_id as client_id,
        period,
        sum(hours) as hours,
        coalesce(sum(hours_on_tickets), 0) as hours_on_tickets
    from {{ in_both_scopes('time_entries') }} as time_entries
    group by organization_id, scope_id, period
),

coverage as (
    select
        organization_id,
        period,
        max(reason) filter (where stream = 'tickets') as tickets_reason,
        max(reason) filter (where stream = 'time_entries') as time_reason,
        min(completed_as_of) as completed_as_of
    from {{ ref('int_periods_covered') }}
    where source = 'connectwise' and stream in ('tickets', 'time_entries')
    group by organization_id, period
),

joined as (
    select
        coverage.organization_id,
        scopes.client_id,
        coverage.period,
        coverage.completed_as_of,
        coalesce(typed.tickets, 0) as tickets,
        coalesce(typed.tickets_typed, 0) as tickets_typed,
        coalesce(sorted.boards, 0) as boards,
        coalesce(sorted.boards_mapped, 0) as boards_mapped,
        coalesce(timed.hours, 0) as hours,
        coalesce(timed.hours_on_tickets, 0) as hours_on_tickets,
        case
            when coverage.tickets_reason is not null then coverage.tickets_reason
            when rules.service_boards is null then 'No service board is configured.'
            when not scopes.is_in_connectwise then 'The client is not known in ConnectWise.'
        end as tickets_reason,
        case
            when coverage.time_reason is not null then coverage.time_reason
            when not scopes.is_in_connectwise then 'The client is not known in ConnectWise.'
        end as time_reason
    from coverage
    inner join scopes on coverage.organization_id = scopes.organization_id
    inner join rules on coverage.organization_id = rules.organization_id
    left join typed
        on
            coverage.organization_id = typed.organization_id
            and scopes.client_id = typed.client_id
            and coverage.period = typed.period
    left join sorted
        on
            coverage.organization_id = sorted.organization_id
            and scopes.client_id = sorted.client_id
            and coverage.period = sorted.period
    left join timed
        on
            coverage.organization_id = timed.organization_id
            and scopes.client_id = timed.client_id
            and coverage.period = timed.period
),

shared as (
    select
        organization_id,
        client_id,
        period,
        completed_as_of,
        case when tickets_reason is null then tickets end as tickets,
        case when tickets_reason is null then tickets_typed end as tickets_typed,
        case when tickets_reason is null then boards end as boards,
        case when tickets_reason is null then boards_mapped end as boards_mapped,
        case when time_reason is null then hours end as hours,
        case when time_reason is null then hours_on_tickets end as hours_on_tickets,
        case when tickets_reason is null then {{ safe_divide('tickets_typed', 'tickets') }} end as typed_share,
        case when time_reason is null then {{ safe_divide('hours_on_tickets', 'hours') }} end as time_share,
        case when tickets_reason is null then {{ safe_divide('boards_mapped', 'boards') }} end as boards_share,
        case
            when tickets_reason is not null then tickets_reason
            when tickets = 0 then 'No reactive ticket was opened in the month.'
        end as typed_reason,
        case
            when time_reason is not null then time_reason
            when hours = 0 then 'No time was entered in the month.'
        end as time_reason,
        case
            when tickets_reason is not null then tickets_reason
            when boards = 0 then 'No ticket was opened in the month.'
        end as boards_reason
    from joined
),

measured as (
    select
        organization_id,
        client_id,
        period,
        tickets,
        tickets_typed,
        {{ round_half_even('typed_share', 4) }} as tickets_typed_pct,
        typed_reason,
        hours,
        hours_on_tickets,
        {{ round_half_even('time_share', 4) }} as time_on_tickets_pct,
        time_reason,
        boards,
        boards_mapped,
        {{ round_half_even('boards_share', 4) }} as boards_mapped_pct,
        boards_reason,
        {{ round_half_even('(typed_share + time_share + boards_share) / 3', 4) }} as data_readiness_score,
        nullif(
            concat_ws(
                ' ',
                typed_reason,
                case when time_reason is distinct from typed_reason then time_reason end,
                case
                    when boards_reason is distinct from typed_reason and boards_reason is distinct from time_reason
                        then boards_reason
                end
            ),
            ''
        ) as reason,
        completed_as_of as freshest_at
    from shared
)

select * from measured
