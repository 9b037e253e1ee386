with subscriptions as (
    select * from {{ ref('stg_stripe__subscriptions') }}
    where not is_deleted
),

items as (
    select * from {{ ref('stg_stripe__subscription_items') }}
    where not is_deleted
),

customers as (
    select * from {{ ref('stg_stripe__customers') }}
    where not is_deleted
),

coupons as (
    select * from {{ ref('stg_stripe__coupons') }}
),

-- Stripe takes the items' discounts off first. A customer's discount only holds where the subscription has none.
given_out as (
    select
        items.organization_id,
        items.subscription_id,
        items.subscription_item_id,
        1 as level,
        one.place,
        one.discount
    from items
    cross join lateral jsonb_array_elements(items.discounts) with ordinality as one (discount, place)
    union all
    select
        subscriptions.organization_id,
        subscriptions.subscription_id,
        null as subscription_item_id,
        2 as level,
        one.place,
        one.discount
    from subscriptions
    cross join lateral jsonb_array_elements(subscriptions.discounts) with ordinality as one (discount, place)
    union all
    select
        subscriptions.organization_id,
        subscriptions.subscription_id,
        null as subscription_item_id,
        3 as level,
        1 as place,
        customers.discount
    from subscriptions
    inner join customers
        on
            subscriptions.organization_id = customers.organization_id
            and subscriptions.stripe_customer_id = customers.stripe_customer_id
    where
        jsonb_typeof(customers.discount) = 'object'
        and coalesce(jsonb_array_length(subscriptions.discounts), 0) = 0
),

-- Since 2025 the coupon stands in `source`; before, and in events, beside it. Either may be an id or the whole coupon.
named as (
    select
        *,
        {{ stripe_id('discount') }} as discount_id,
        coalesce(discount #> '{source,coupon}', discount -> 'coupon') as coupon
    from given_out
),

identified as (
    select
        *,
        {{ stripe_id('coupon') }} as coupon_id
    from named
),

listed as (
    select
        identified.organization_id,
        identified.subscription_id,
        identified.discount_id,
        identified.subscription_item_id,
        row_number() over (
            partition by identified.organization_id, identified.subscription_id
            order by
                identified.level asc,
                identified.subscription_item_id asc nulls last,
                identified.place asc,
                identified.discount_id asc
        ) as position,
        identified.coupon_id,
        coupons.percent_off,
        coupons.amount_off,
        coupons.currency,
        coupons.duration,
        case
            when jsonb_typeof(coupons.applies_to_products) = 'array' then coupons.applies_to_products
        end as applies_to_products,
        {{ instant_from_epoch("(identified.discount ->> 'start')::numeric") }} as started_at,
        {{ instant_from_epoch("(identified.discount ->> 'end')::numeric") }} as ended_at,
        case
            when identified.coupon_id is null
                then format('Stripe names the discount %s but not its coupon.', identified.discount_id)
            when coupons.coupon_id is null
                then format('The coupon %s of a discount is not known.', identified.coupon_id)
        end as reason
    from identified
    left join coupons
        on
            identified.organization_id = coupons.organization_id
            and identified.coupon_id = coupons.coupon_id
)

select * from listed
