with tickets as (
    select
        organization_id,
        client_id,
        coalesce(board_name, 'unknown') as board_name,
        ticket_id,
        is_closed_status,
        entered_at,
        closed_at
    from {{ ref('fct_ticket_lifecycles') }}
    where is_reactive
),

scopes as (
    select * from {{ ref('int_metric_scopes_listed') }}
),

rules as (
    select * from {{ ref('int_rules_gathered') }}
),

cursors as (
    select
        organization_id,
        covered
    from {{ source('raw_meta', 'cursors') }}
    where source = 'connectwise' and stream = 'tickets'
),

-- The running month has no end yet, so the instant up to which tickets are known stands for it.
ends as (
    select
        periods.organization_id,
        periods.period,
        coverage.reason as unread_reason,
        cursors.covered,
        case
            when periods.is_complete then periods.ends_at
            else least(periods.ends_at, upper(cursors.covered))
        end as backlog_at
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('int_periods_covered') }} as coverage
        on
            periods.organization_id = coverage.organization_id
            and periods.period = coverage.period
            and coverage.source = 'connectwise'
            and coverage.stream = 'tickets'
    left join cursors on periods.organization_id = cursors.organization_id
),

-- Older tickets may be open for years, so all tickets up to the instant have to be known, not those of the month.
explained as (
    select
        ends.organization_id,
        scopes.client_id,
        ends.period,
        ends.backlog_at,
        case
            when ends.unread_reason is not null then ends.unread_reason
            when not ends.covered @> tstzrange(null, ends.backlog_at)
                then 'Tickets from before the month were not all read, and some of them may still be open.'
            when rules.service_boards is null then 'No service board is configured.'
            when rules.closed_statuses is null then 'No closed status is configured.'
            when not scopes.is_in_connectwise then 'The client is not known in ConnectWise.'
        end as reason
    from ends
    inner join scopes on ends.organization_id = scopes.organization_id
    inner join rules on ends.organization_id = rules.organization_id
),

-- The ends of the months in the order in which they come, so that of each ticket only those are looked at that it
-- was open at: few where a comparison with each of them would be dozens.
ranked as (
    select
        organization_id,
        period,
        backlog_at,
        row_number() over (partition by organization_id order by backlog_at, period) as place
    from ends
),

in_order as (
    select
        organization_id,
        array_agg(backlog_at order by place) as instants
    from ranked
    group by organization_id
),

-- It stands at each end that comes after it was entered and not after it was closed.
spanned as (
    select
        tickets.organization_id,
        tickets.client_id,
        tickets.board_name,
        tickets.is_closed_status and tickets.closed_at is null as is_undated,
        tickets.entered_at,
        width_bucket(tickets.entered_at, in_order.instants) + 1 as first_place,
        case
            when tickets.is_closed_status and tickets.closed_at is not null
                then width_bucket(tickets.closed_at, in_order.instants)
            else cardinality(in_order.instants)
        end as last_place
    from tickets
    inner join in_order on tickets.organization_id = in_order.organization_id
    where tickets.entered_at is not null
),

standing as (
    select
        ranked.organization_id,
        ranked.period,
        spanned.client_id,
        spanned.board_name,
        spanned.is_undated,
        extract(epoch from ranked.backlog_at - spanned.entered_at) as seconds
    from spanned
    cross join lateral generate_series(spanned.first_place, spanned.last_place) as places (place)
    inner join ranked
        on
            spanned.organization_id = ranked.organization_id
            and places.place = ranked.place
),

-- Each ticket stands in three places: in its client's total, on its board, and in the whole.
placed as (
    select
        standing.organization_id,
        standing.period,
        places.client_id,
        places.board_name,
        standing.is_undated,
        standing.seconds
    from standing
    cross join lateral (
        values
        (standing.client_id, 'all'),
        ('all', standing.board_name),
        ('all', 'all')
    ) as places (client_id, board_name)
),

counted as (
    select
        organization_id,
        client_id,
        board_name,
        period,
        count(*) filter (where not is_undated) as open_tickets,
        count(*) filter (where not is_undated and seconds < 7 * 86400) as under_7_days,
        count(*) filter (where not is_undated and seconds >= 7 * 86400 and seconds < 30 * 86400) as from_7_to_30_days,
        count(*) filter (where not is_undated and seconds >= 30 * 86400 and seconds < 90 * 86400)
            as from_30_to_90_days,
        count(*) filter (where not is_undated and seconds >= 90 * 86400) as from_90_days,
        percentile_cont(0.5) within group (
            order by case when not is_undated then seconds::double precision end
        ) as median_seconds,
        max(seconds) filter (where not is_undated) as oldest_seconds,
        count(*) filter (where is_undated) as closed_undated
    from placed
    group by organization_id, period, client_id, board_name
),

-- Every scope has its total, open tickets or none; a board is listed where it has some.
listed as (
    select
        organization_id,
        client_id,
        'all' as board_name,
        period
    from explained
    union
    select
        organization_id,
        client_id,
        board_name,
        period
    from counted
),

measured as (
    select
        explained.organization_id,
        explained.client_id,
        listed.board_name,
        explained.period,
        explained.backlog_at,
        case when explained.reason is null then coalesce(counted.open_tickets, 0) end as open_tickets,
        case when explained.reason is null then coalesce(counted.under_7_days, 0) end as under_7_days,
        case when explained.reason is null then coalesce(counted.from_7_to_30_days, 0) end as from_7_to_30_days,
        case when explained.reason is null then coalesce(counted.from_30_to_90_days, 0) end as from_30_to_90_days,
        case when explained.reason is null then coalesce(counted.from_90_days, 0) end as from_90_days,
        case
            when explained.reason is null
                then {{ round_half_even('counted.median_seconds::numeric / 86400', 2) }}
        end as median_age_days,
        case
            when explained.reason is null
                then {{ round_half_even('counted.oldest_seconds / 86400', 2) }}
        end as oldest_age_days,
        case when explained.reason is null then coalesce(counted.closed_undated, 0) end as closed_undated,
        explained.reason
    from explained
    inner join listed
        on
            explained.organization_id = listed.organization_id
            and explained.client_id = listed.client_id
            and explained.period = listed.period
    left join counted
        on
            listed.organization_id = counted.organization_id
            and listed.client_id = counted.client_id
            and listed.board_name = counted.board_name
            and listed.period = counted.period
    where listed.board_name = 'all' or explained.reason is null
)

select * from measured
