with scopes as (
    select * from {{ ref('int_metric_scopes_listed') }}
),

periods as (
    select
        organization_id,
        period
    from {{ ref('dim_periods') }}
),

-- The best value of each part, as the spine will choose it: a correction of seats reaches what is divided by them.
chosen as (
    select distinct on (organization_id, client_id, period, metric)
        organization_id,
        client_id,
        period,
        metric,
        value,
        basis,
        source_rows,
        freshest_at
    from {{ ref('int_metric_parts_unioned') }}
    where
        value is not null
        and metric in ('reactive_tickets_created', 'reactive_time_spent', 'endpoints_managed', 'seats_managed', 'mrr')
    order by organization_id, client_id, period, metric, {{ method_rank('method') }}
),

parts as (
    select * from chosen
    union all
    select
        organization_id,
        client_id,
        period,
        'mrr' as metric,
        recurring_revenue as value,
        'Accrual' as basis,
        source_rows,
        freshest_at
    from {{ ref('int_client_revenue_listed') }}
),

ratios (metric, unit, dividend, divisor, scale) as (
    values
    ('tickets_per_seat', 'tickets', 'reactive_tickets_created', 'seats_managed', 2),
    ('hours_per_seat', 'hours', 'reactive_time_spent', 'seats_managed', 4),
    ('hours_per_endpoint', 'hours', 'reactive_time_spent', 'endpoints_managed', 4),
    ('mrr_per_seat', 'usd', 'mrr', 'seats_managed', 2)
),

divided as (
    select
        periods.organization_id,
        scopes.client_id,
        periods.period,
        ratios.metric,
        ratios.unit,
        ratios.scale,
        {{ safe_divide('dividends.value', 'divisors.value') }} as value,
        dividends.basis,
        case
            when dividends.value is null and divisors.value is null
                then format('Cannot be calculated without %s, %s.', ratios.dividend, ratios.divisor)
            when dividends.value is null then format('Cannot be calculated without %s.', ratios.dividend)
            when divisors.value is null then format('Cannot be calculated without %s.', ratios.divisor)
            when divisors.value = 0 then format('%s is 0, and nothing can be divided by it.', ratios.divisor)
        end as reason,
        coalesce(dividends.source_rows, 0) + coalesce(divisors.source_rows, 0) as source_rows,
        greatest(dividends.freshest_at, divisors.freshest_at) as freshest_at
    from periods
    inner join scopes on periods.organization_id = scopes.organization_id
    cross join ratios
    left join parts as dividends
        on
            periods.organization_id = dividends.organization_id
            and scopes.client_id = dividends.client_id
            and periods.period = dividends.period
            and ratios.dividend = dividends.metric
    left join parts as divisors
        on
            periods.organization_id = divisors.organization_id
            and scopes.client_id = divisors.client_id
            and periods.period = divisors.period
            and ratios.divisor = divisors.metric
),

readiness as (
    select
        measured.organization_id,
        measured.client_id,
        measured.period,
        figures.metric,
        figures.value,
        figures.reason,
        figures.source_rows,
        measured.freshest_at
    from {{ ref('fct_data_readiness_months') }} as measured
    cross join lateral (
        values
        ('tickets_typed_pct', measured.tickets_typed_pct, measured.typed_reason, measured.tickets),
        ('time_on_tickets_pct', measured.time_on_tickets_pct, measured.time_reason, null),
        ('boards_mapped_pct', measured.boards_mapped_pct, measured.boards_reason, measured.boards),
        ('data_readiness_score', measured.data_readiness_score, measured.reason, measured.tickets)
    ) as figures (metric, value, reason, source_rows)
),

candidates as (
    select
        organization_id,
        client_id,
        period,
        metric,
        case scale
            when 2 then {{ round_half_even('value', 2) }}
            else {{ round_half_even('value', 4) }}
        end as value,
        unit,
        'calculated' as method,
        basis,
        reason,
        'calculated' as source,
        'int_operations_metrics_calculated' as model,
        case when reason is null then source_rows end as source_rows,
        freshest_at
    from divided
    union all
    select
        organization_id,
        client_id,
        period,
        metric,
        value,
        'fraction' as unit,
        'calculated' as method,
        null::text as basis,
        reason,
        'connectwise' as source,
        'fct_data_readiness_months' as model,
        case when reason is null then source_rows end as source_rows,
        freshest_at
    from readiness
)

select * from candidates
