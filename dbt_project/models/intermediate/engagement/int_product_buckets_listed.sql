{{ config(materialized='table') }}

with products as (
    select * from {{ ref('int_products_listed') }}
),

buckets as (
    select distinct
        products.organization_id,
        products.time_zone,
        products.last_date as known_until_date,
        products.first_date,
        buckets.bucket_type,
        buckets.bucket_date,
        case buckets.bucket_type
            when 'daily' then buckets.bucket_date
            when 'weekly' then buckets.bucket_date + 6
            else (buckets.bucket_date + interval '1 month' - interval '1 day')::date
        end as last_date
    from products
    cross join
        lateral generate_series(
            products.first_date::timestamp, products.last_date::timestamp, interval '1 day'
        ) as days (day)
    cross join lateral {{ buckets_of('days.day::date') }}
),

-- Only what is over, and what lies in the history as a whole.
listed as (
    select
        organization_id,
        bucket_type,
        bucket_date,
        last_date,
        bucket_date::timestamp at time zone time_zone as starts_at,
        (last_date + 1)::timestamp at time zone time_zone as ends_at,
        (last_date - 6)::timestamp at time zone time_zone as week_starts_at,
        (last_date - 29)::timestamp at time zone time_zone as month_starts_at
    from buckets
    where
        bucket_date >= first_date
        and last_date <= known_until_date
)

select * from listed
