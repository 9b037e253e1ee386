-- MetricFlow asks for days to lay its periods on. They belong to no organization: everybody's days are the same.
with periods as (
    select
        min(to_date(period, 'YYYY-MM')) as first_day,
        max(to_date(period, 'YYYY-MM') + interval '1 month' - interval '1 day') as last_day
    from {{ ref('dim_periods') }}
)

select one.instant::date as day
from periods
cross join lateral generate_series(periods.first_day, periods.last_day, interval '1 day') as one (instant)
