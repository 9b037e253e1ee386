{{ config(materialized='table') }}

with buckets as (
    select * from {{ ref('int_product_buckets_listed') }}
),

products as (
    select * from {{ ref('int_products_listed') }}
),

links as (
    select
        organization_id,
        source_client_id as stripe_customer_id,
        client_id
    from {{ source('app', 'client_links') }}
    where source = 'stripe'
),

happened as (
    select
        organization_id,
        client_id,
        metric,
        happened_at
    from {{ ref('int_stripe_happenings_dated') }}
    union all
    select
        subscriptions.organization_id,
        coalesce(links.client_id, 'unassigned') as client_id,
        'stripe_canceled' as metric,
        subscriptions.ended_at as happened_at
    from {{ ref('stg_stripe__subscriptions') }} as subscriptions
    left join links
        on
            subscriptions.organization_id = links.organization_id
            and subscriptions.stripe_customer_id = links.stripe_customer_id
    where
        subscriptions.ended_at is not null
        and subscriptions.subscription_status not in ('incomplete', 'incomplete_expired')
        and not subscriptions.is_deleted
),

dated as (
    select
        happened.organization_id,
        scopes.client_id,
        happened.metric,
        (happened.happened_at at time zone products.time_zone)::date as happened_date
    from happened
    inner join products on happened.organization_id = products.organization_id
    cross join lateral (values (happened.client_id), ('all')) as scopes (client_id)
),

flows as (
    select
        dated.organization_id,
        dated.client_id,
        buckets.bucket_type,
        buckets.bucket_date,
        count(*) filter (where dated.metric = 'stripe_canceled') as stripe_canceled,
        count(*) filter (where dated.metric = 'stripe_failed_payments') as stripe_failed_payments,
        count(*) filter (where dated.metric = 'trial_started') as trial_started,
        count(*) filter (where dated.metric = 'trial_converted') as trial_converted
    from dated
    cross join lateral {{ buckets_of('dated.happened_date') }}
    group by dated.organization_id, dated.client_id, buckets.bucket_type, buckets.bucket_date
),

-- Of stocks the last day's count is the bucket's.
stocks as (
    select
        days.organization_id,
        days.client_id,
        buckets.bucket_type,
        buckets.bucket_date,
        days.active_subscriptions,
        days.past_due_subscriptions,
        days.outstanding_invoices,
        days.outstanding_amount,
        days.is_convertible
    from {{ ref('int_stripe_days_counted') }} as days
    inner join buckets
        on
            days.organization_id = buckets.organization_id
            and days.counted_date = buckets.last_date
),

counted as (
    select
        organization_id,
        client_id,
        bucket_type,
        bucket_date,
        coalesce(stocks.active_subscriptions, 0)::bigint as stripe_active_subscriptions,
        coalesce(stocks.past_due_subscriptions, 0)::bigint as stripe_past_due,
        coalesce(flows.stripe_canceled, 0) as stripe_canceled,
        coalesce(flows.stripe_failed_payments, 0) as stripe_failed_payments,
        coalesce(flows.trial_started, 0) as trial_started,
        coalesce(flows.trial_converted, 0) as trial_converted,
        coalesce(stocks.outstanding_invoices, 0)::bigint as outstanding_invoices_count,
        coalesce(stocks.outstanding_amount, 0) as outstanding_invoices_value,
        coalesce(stocks.is_convertible, true) as is_convertible
    from stocks
    full join flows using (organization_id, client_id, bucket_type, bucket_date)
)

select * from counted
