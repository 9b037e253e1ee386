{{ config(materialized='table') }}

-- What the figures of the whole business are made of, each as the monthly metrics will settle it: the same precedence.
with candidates as (
    select * from {{ ref('int_metric_parts_unioned') }}
    union all
    select * from {{ ref('int_profit_metrics_calculated') }}
),

periods as (
    select
        organization_id,
        period
    from {{ ref('dim_periods') }}
),

settled as (
    select distinct on (candidates.organization_id, candidates.period, candidates.metric)
        candidates.organization_id,
        candidates.period,
        candidates.metric,
        candidates.value,
        candidates.basis,
        candidates.method,
        candidates.source_rows,
        candidates.freshest_at
    from candidates
    inner join periods using (organization_id, period)
    where
        candidates.client_id = 'all'
        and candidates.value is not null
    order by
        candidates.organization_id asc,
        candidates.period asc,
        candidates.metric asc,
        {{ method_rank('candidates.method') }} asc,
        candidates.freshest_at desc nulls last,
        candidates.model asc
)

select * from settled
