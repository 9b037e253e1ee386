-- A figure that is missing has a row that says so; a figure without a row would just not be noticed.
select
    periods.organization_id,
    periods.period,
    definitions.metric
from {{ ref('dim_periods') }} as periods
cross join {{ ref('dim_metrics') }} as definitions
left join {{ ref('fct_metrics_monthly') }} as metrics
    on
        periods.organization_id = metrics.organization_id
        and periods.period = metrics.period
        and definitions.metric = metrics.metric
        and metrics.client_id = 'all'
where
    definitions.is_monthly
    and metrics.metric is null
