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

-- Whose trial it was that a paid invoice came after only the subscriptions tell.
metrics (metric, streams) as (
    values
    ('stripe_failed_payments', array['charges']),
    ('trial_started', array['subscriptions']),
    ('trial_converted', array['subscriptions', 'invoices'])
),

coverage as (
    select
        readings.organization_id,
        readings.period,
        metrics.metric,
        string_agg(distinct readings.reason, ' ' order by readings.reason) as reason,
        min(readings.completed_as_of) as completed_as_of
    from readings
    inner join metrics on readings.stream = any(metrics.streams)
    group by readings.organization_id, readings.period, metrics.metric
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
        coverage.metric,
        case when coverage.reason is null then coalesce(by_month.happened, 0) end as value,
        coverage.reason,
        coverage.completed_as_of as freshest_at
    from periods
    inner join coverage
        on
            periods.organization_id = coverage.organization_id
            and periods.period = coverage.period
    left join by_month
        on
            periods.organization_id = by_month.organization_id
            and periods.period = by_month.period
            and coverage.metric = by_month.metric
)

select * from counted
