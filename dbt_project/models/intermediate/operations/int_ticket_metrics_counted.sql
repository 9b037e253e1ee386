with tickets as (
    select * from {{ ref('fct_tickets') }}
    where is_reactive
),

time_entries as (
    select * from {{ ref('fct_time_entries') }}
),

scopes as (
    select * from {{ ref('int_metric_scopes_listed') }}
),

rules as (
    select * from {{ ref('int_rules_gathered') }}
),

-- By client first: what is left to add up for the whole organization is little.
created as (
    select
        organization_id,
        client_id,
        entered_period as period,
        'reactive_tickets_created' as metric,
        count(*)::numeric as value,
        count(*) as source_rows
    from tickets
    group by organization_id, client_id, entered_period
),

closed as (
    select
        organization_id,
        client_id,
        closed_period as period,
        'reactive_tickets_closed' as metric,
        count(*)::numeric as value,
        count(*) as source_rows
    from tickets
    where is_closed_status
    group by organization_id, client_id, closed_period
),

worked as (
    select
        organization_id,
        client_id,
        entered_period as period,
        'reactive_time_spent' as metric,
        sum(hours) as value,
        count(*) as source_rows
    from time_entries
    where is_reactive
    group by organization_id, client_id, entered_period
),

by_client as (
    select * from created
    union all
    select * from closed
    union all
    select * from worked
),

counted as (
    select
        organization_id,
        scope_id as client_id,
        period,
        metric,
        sum(value) as value,
        sum(source_rows)::bigint as source_rows
    from {{ in_both_scopes('by_client') }} as by_client
    group by organization_id, scope_id, period, metric
),

-- Whether these hours are reactive only their tickets could tell.
unplaced as (
    select
        organization_id,
        scope_id as client_id,
        entered_period as period,
        'reactive_time_spent' as metric,
        count(distinct ticket_id) as tickets
    from {{ in_both_scopes('time_entries') }} as time_entries
    where is_ticket_unread
    group by organization_id, scope_id, entered_period
),

-- Hours need the tickets too, because the ticket says whether the work was reactive.
metrics (metric, unit, model, streams) as (
    values
    ('reactive_tickets_created', 'count', 'fct_tickets', array['tickets']),
    ('reactive_tickets_closed', 'count', 'fct_tickets', array['tickets']),
    ('reactive_time_spent', 'hours', 'fct_time_entries', array['time_entries', 'tickets'])
),

coverage as (
    select
        periods_covered.organization_id,
        periods_covered.period,
        metrics.metric,
        metrics.unit,
        metrics.model,
        string_agg(periods_covered.reason, ' ' order by periods_covered.stream desc) as reason,
        min(periods_covered.completed_as_of) as completed_as_of
    from {{ ref('int_periods_covered') }} as periods_covered
    inner join metrics on periods_covered.stream = any(metrics.streams)
    where periods_covered.source = 'connectwise'
    group by
        periods_covered.organization_id, periods_covered.period, metrics.metric, metrics.unit, metrics.model
),

explained as (
    select
        coverage.organization_id,
        scopes.client_id,
        coverage.period,
        coverage.metric,
        coverage.unit,
        coverage.model,
        coverage.completed_as_of,
        counted.value,
        counted.source_rows,
        case
            when coverage.reason is not null then coverage.reason
            when rules.service_boards is null then 'No service board is configured.'
            when coverage.metric = 'reactive_tickets_closed' and rules.closed_statuses is null
                then 'No closed status is configured.'
            when not scopes.is_in_connectwise then 'The client is not known in ConnectWise.'
            when unplaced.tickets > 0
                then
                    'Hours of the month were charged to older tickets that were not read (' || unplaced.tickets
                    || '); a run without a period reads them.'
        end as reason
    from coverage
    inner join scopes on coverage.organization_id = scopes.organization_id
    inner join rules on coverage.organization_id = rules.organization_id
    left join counted
        on
            coverage.organization_id = counted.organization_id
            and scopes.client_id = counted.client_id
            and coverage.period = counted.period
            and coverage.metric = counted.metric
    left join unplaced
        on
            coverage.organization_id = unplaced.organization_id
            and scopes.client_id = unplaced.client_id
            and coverage.period = unplaced.period
            and coverage.metric = unplaced.metric
),

candidates as (
    select
        organization_id,
        client_id,
        period,
        metric,
        case when reason is null then coalesce(value, 0) end as value,
        unit,
        'collected' as method,
        null::text as basis,
        reason,
        'connectwise' as source,
        model,
        case when reason is null then coalesce(source_rows, 0) end as source_rows,
        completed_as_of as freshest_at
    from explained
)

select * from candidates
