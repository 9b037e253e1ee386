with metrics as (
    select * from {{ ref('int_metrics_resolved') }}
),

periods as (
    select * from {{ ref('dim_periods') }}
),

definitions as (
    select * from {{ ref('dim_metrics') }}
)

select
    metrics.organization_id,
    metrics.client_id,
    metrics.period,
    periods.quarter,
    metrics.metric,
    definitions.label,
    metrics.value,
    metrics.unit,
    metrics.method,
    metrics.basis,
    metrics.reason,
    metrics.source,
    metrics.model,
    metrics.source_rows,
    metrics.freshest_at,
    periods.is_complete as is_complete_period,
    metrics.won_because,
    metrics.candidates
from metrics
inner join periods using (organization_id, period)
inner join definitions using (metric)
