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

subscriptions as (
    select * from {{ ref('stg_stripe__subscriptions') }}
    where not is_deleted
),

charges as (
    select * from {{ ref('stg_stripe__charges') }}
    where
        not is_deleted
        and charge_status = 'failed'
),

-- The first bill that was paid with money after the trial was over.
first_payments as (
    select
        subscriptions.organization_id,
        subscriptions.subscription_id,
        min(invoices.paid_at) as happened_at
    from subscriptions
    inner join {{ ref('stg_stripe__invoices') }} as invoices
        on
            subscriptions.organization_id = invoices.organization_id
            and subscriptions.subscription_id = invoices.subscription_id
            and subscriptions.trial_ended_at <= invoices.paid_at
    where
        not invoices.is_deleted
        and invoices.amount_paid > 0
    group by subscriptions.organization_id, subscriptions.subscription_id
),

happenings as (
    select
        organization_id,
        'stripe_failed_payments' as metric,
        created_at as happened_at
    from charges
    union all
    select
        organization_id,
        'trial_started' as metric,
        trial_started_at as happened_at
    from subscriptions
    where trial_started_at is not null
    union all
    select
        organization_id,
        'trial_converted' as metric,
        happened_at
    from first_payments
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
