with buckets as (
    select
        buckets.*,
        products.time_zone
    from {{ ref('int_product_buckets_listed') }} as buckets
    inner join {{ ref('int_products_listed') }} as products
        on buckets.organization_id = products.organization_id
),

organizations as (
    select
        organization_id,
        settings -> 'sources' is null
        or coalesce((settings #>> '{sources,stripe,is_enabled}')::boolean, false) as is_in_use
    from {{ source('app', 'organizations') }}
),

cursors as (
    select
        organization_id,
        stream,
        upper(covered) as known_until
    from {{ source('raw_meta', 'cursors') }}
    where source = 'stripe'
),

told as (
    select
        buckets.organization_id,
        buckets.bucket_type,
        buckets.bucket_date,
        streams.stream,
        case
            when cursors.known_until is null and not organizations.is_in_use then 'Stripe is not in use.'
            when cursors.known_until is null then format('Stripe''s %s were never read to the end.', streams.stream)
            when buckets.ends_at > cursors.known_until
                then format(
                    'Stripe''s %s were last read on %s, before it was over.',
                    streams.stream,
                    to_char(cursors.known_until at time zone buckets.time_zone, 'YYYY-MM-DD')
                )
        end as reason
    from buckets
    inner join organizations on buckets.organization_id = organizations.organization_id
    cross join (values ('subscriptions'), ('invoices'), ('charges')) as streams (stream)
    left join cursors
        on
            buckets.organization_id = cursors.organization_id
            and streams.stream = cursors.stream
),

judged as (
    select
        organization_id,
        bucket_type,
        bucket_date,
        max(reason) filter (where stream = 'subscriptions') as subscriptions_reason,
        max(reason) filter (where stream = 'invoices') as invoices_reason,
        max(reason) filter (where stream = 'charges') as charges_reason
    from told
    group by organization_id, bucket_type, bucket_date
)

select * from judged
