with metrics as (
    select * from {{ ref('fct_metrics_monthly') }}
),

definitions as (
    select * from {{ ref('dim_metrics') }}
    where is_monthly_input
)

select
    metrics.organization_id,
    metrics.period,
    metrics.metric,
    metrics.label,
    metrics.reason
from metrics
inner join definitions using (metric)
where
    metrics.client_id = 'all'
    and metrics.value is null
    -- A month still running has time to be filled.
    and metrics.is_complete_period
