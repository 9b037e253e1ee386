with organizations as (
    select
        organization_id,
        time_zone
    from {{ ref('dim_organizations') }}
),

periods as (
    select
        organization_id,
        period
    from {{ ref('dim_periods') }}
),

readings as (
    select * from {{ ref('int_billing_periods_covered') }}
    where source = 'stripe'
),

happenings as (
    select * from {{ ref('int_stripe_happenings_dated') }}
),

metrics (metric, stream) as (
    values
    ('stripe_failed_payments', 'charges'),
    ('trial_started', 'subscriptions'),
    ('trial_converted', 'invoices')
),

by_month as (
    select
        happenings.organization_id,
        happenings.metric,
        {{ period_of('happenings.happened_at', 'organizations.time_zone') }} as period,
        count(*) as happened
    from happenings
    inner join organizations on happenings.organization_id = organizations.organization_id
    group by happenings.organization_id, happenings.metric, period
),

counted as (
    select
        periods.organization_id,
        periods.period,
        metrics.metric,
        case when readings.reason is null then coalesce(by_month.happened, 0) end as value,
        readings.reason,
        readings.completed_as_of as freshest_at
    from periods
    cross join metrics
    inner join readings
        on
            periods.organization_id = readings.organization_id
            and periods.period = readings.period
            and metrics.stream = readings.stream
    left join by_month
        on
            periods.organization_id = by_month.organization_id
            and periods.period = by_month.period
            and metrics.metric = by_month.metric
)

select * from counted
