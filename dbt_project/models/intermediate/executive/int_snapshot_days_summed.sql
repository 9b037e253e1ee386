{{ config(materialized='table') }}

with days as (
    select
        days.*,
        buckets.bucket_type,
        buckets.bucket_date
    from {{ ref('int_product_days_counted') }} as days
    cross join lateral {{ buckets_of('days.activity_date') }}
),

-- Flows are summed; of stocks the last day's value counts, and the day before the first one's is where it began.
summed as (
    select
        organization_id,
        environment,
        client_id,
        bucket_type,
        bucket_date,
        max(activity_date) as last_date,
        sum(signups)::bigint as signups,
        sum(new_customers)::bigint as new_customers,
        sum(churned_customers)::bigint as churned_customers,
        sum(reactivated_customers)::bigint as reactivated_customers,
        sum(new_tenants)::bigint as new_tenants,
        sum(churned_tenants)::bigint as churned_tenants,
        sum(reactivated_tenants)::bigint as reactivated_tenants,
        sum(trials_started)::bigint as trials_started,
        sum(trials_converted)::bigint as trials_converted,
        (array_agg(total_customers order by activity_date desc))[1] as total_customers,
        (array_agg(total_tenants order by activity_date desc))[1] as total_tenants,
        (array_agg(dau order by activity_date desc))[1] as dau,
        (array_agg(wau order by activity_date desc))[1] as wau,
        (array_agg(mau order by activity_date desc))[1] as mau
    from days
    group by organization_id, environment, client_id, bucket_type, bucket_date
)

select
    *,
    total_customers - new_customers + churned_customers - reactivated_customers as customers_at_start,
    total_tenants - new_tenants + churned_tenants - reactivated_tenants as tenants_at_start
from summed
