with metrics as (
    select
        metrics.*,
        definitions.aggregation,
        -- A month still running would pass for a slow one, so it waits until it is over.
        case when metrics.is_complete_period then metrics.value end as counted
    from {{ ref('fct_metrics_monthly') }} as metrics
    inner join {{ ref('dim_metrics') }} as definitions using (metric)
),

aggregated as (
    select
        organization_id,
        client_id,
        quarter,
        metric,
        case aggregation
            when 'sum' then sum(counted)
            when 'average' then {{ round_half_even('avg(counted)', 4) }}
            -- What is left at the end: the latest month that has a value.
            when 'last' then (array_agg(counted order by period desc) filter (where counted is not null))[1]
        end as value,
        unit,
        aggregation,
        count(counted)::integer as months_present,
        bool_or(is_complete_period) as has_complete_month,
        string_agg(distinct reason, ' ') filter (where is_complete_period and value is null) as missing_because,
        coalesce(sum(source_rows) filter (where counted is not null), 0)::bigint as source_rows,
        max(freshest_at) filter (where counted is not null) as freshest_at
    from metrics
    group by organization_id, client_id, quarter, metric, unit, aggregation
)

select
    organization_id,
    client_id,
    quarter,
    metric,
    value,
    unit,
    aggregation,
    months_present,
    3 as months_expected,
    months_present < 3 as is_incomplete,
    case
        when value is not null then null
        when has_complete_month then missing_because
        else format('No month of %s is complete yet.', quarter)
    end as reason,
    source_rows,
    freshest_at
from aggregated
