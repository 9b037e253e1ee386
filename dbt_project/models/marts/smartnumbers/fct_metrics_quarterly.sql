with metrics as (
    select
        metrics.*,
        definitions.aggregation,
        -- A month still running would pass for a slow one, so it waits until it is over.
        case when metrics.is_complete_period then metrics.value end as counted
    from {{ ref('fct_metrics_monthly') }} as metrics
    inner join {{ ref('dim_metrics') }} as definitions using (metric)
),

-- A quotient is neither added up nor averaged: it is calculated anew from the parts of the quarter.
recomputed as (
    select * from {{ ref('int_business_quarters_calculated') }}
    union all
    select * from {{ ref('int_quotient_quarters_calculated') }}
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
),

chosen as (
    select
        organization_id,
        client_id,
        quarter,
        metric,
        coalesce(recomputed.value, aggregated.value) as value,
        aggregated.unit,
        aggregated.aggregation,
        coalesce(recomputed.months_present, aggregated.months_present) as months_present,
        case
            -- Where it begins is another in each month, and what was lost of it is not added up.
            when aggregated.aggregation = 'none' then 'A rate of a month; there is none of a quarter.'
            when recomputed.reason is not null then recomputed.reason
            when aggregated.has_complete_month then aggregated.missing_because
            else format('No month of %s is complete yet.', quarter)
        end as reason,
        coalesce(recomputed.source_rows, aggregated.source_rows) as source_rows,
        coalesce(recomputed.freshest_at, aggregated.freshest_at) as freshest_at
    from aggregated
    left join recomputed using (organization_id, client_id, quarter, metric)
)

select
    organization_id,
    client_id,
    quarter,
    metric,
    value,
    unit,
    aggregation,
    case when value is null then 0 else months_present end as months_present,
    3 as months_expected,
    value is null or months_present < 3 as is_incomplete,
    case when value is null then reason end as reason,
    case when value is null then 0 else source_rows end as source_rows,
    case when value is not null then freshest_at end as freshest_at
from chosen
