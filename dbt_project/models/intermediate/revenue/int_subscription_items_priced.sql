{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with items as (
    select * from {{ ref('int_subscription_items_recalled') }}
),

prices as (
    select * from {{ ref('stg_stripe__prices') }}
),

-- What a subscription item shows of its price, should the price itself not be known.
item_prices as (
    select * from {{ ref('stg_stripe__subscription_items') }}
),

described as (
    select
        items.*,
        coalesce(prices.currency, item_prices.currency) as currency,
        coalesce(coalesce(prices.currency, item_prices.currency) <> items.subscription_currency, true) as is_in_another,
        coalesce(prices.recurring_interval, item_prices.recurring_interval) as recurring_interval,
        coalesce(prices.recurring_interval_count, item_prices.recurring_interval_count, 1) as interval_count,
        coalesce(prices.unit_amount, case when prices.price_id is null then item_prices.unit_amount end) as unit_amount,
        coalesce(prices.usage_type, item_prices.usage_type) as usage_type,
        prices.price_type,
        prices.tax_behavior,
        prices.billing_scheme,
        prices.tiers,
        prices.tiers_mode,
        -- Some prices are per package of so many, begun packages counting as whole ones or not.
        case prices.transform_quantity ->> 'round'
            when 'up' then ceil(items.quantity / (prices.transform_quantity ->> 'divide_by')::numeric)
            when 'down' then floor(items.quantity / (prices.transform_quantity ->> 'divide_by')::numeric)
            else items.quantity
        end as priced_quantity
    from items
    left join prices
        on
            items.organization_id = prices.organization_id
            and items.price_id = prices.price_id
    left join item_prices
        on
            items.organization_id = item_prices.organization_id
            and items.subscription_item_id = item_prices.subscription_item_id
            and items.price_id = item_prices.price_id
),

steps as (
    select
        described.organization_id,
        described.period,
        described.subscription_id,
        described.subscription_item_id,
        described.priced_quantity,
        described.tiers_mode,
        described.currency,
        coalesce(nullif(one.tier ->> 'up_to', 'inf')::numeric, 1e15) as up_to,
        coalesce(one.tier ->> 'unit_amount_decimal', one.tier ->> 'unit_amount', '0')::numeric as unit_amount,
        coalesce(one.tier ->> 'flat_amount_decimal', one.tier ->> 'flat_amount', '0')::numeric as flat_amount
    from described
    cross join lateral jsonb_array_elements(described.tiers) as one (tier)
    where described.billing_scheme = 'tiered'
),

slices as (
    select
        *,
        lag(up_to, 1, 0::numeric) over (
            partition by organization_id, period, subscription_id, subscription_item_id
            order by up_to
        ) as up_from
    from steps
),

-- Graduated tiers price their own slice, volume tiers all units; a flat amount comes with the tier that is reached.
tiered as (
    select
        organization_id,
        period,
        subscription_id,
        subscription_item_id,
        sum(
            case
                when tiers_mode = 'volume' then priced_quantity
                else least(priced_quantity, up_to) - up_from
            end * {{ amount_in_major_units('unit_amount', 'currency') }}
            + {{ amount_in_major_units('flat_amount', 'currency') }}
        ) filter (
            where
            priced_quantity > up_from
            and (tiers_mode = 'graduated' or priced_quantity <= up_to)
        ) as tiers_amount
    from slices
    group by organization_id, period, subscription_id, subscription_item_id
),

-- A whole interval that was billed is the best witness of what its tiers came to, or of a price in another currency.
amounted as (
    select
        described.*,
        case
            when described.billing_scheme = 'tiered' or described.is_in_another
                then
                    coalesce(
                        case when not described.is_proration then described.billed_amount end,
                        case when not described.is_in_another then tiered.tiers_amount end
                    )
            else described.unit_amount * described.priced_quantity
        end as interval_amount
    from described
    left join tiered
        on
            described.organization_id = tiered.organization_id
            and described.period = tiered.period
            and described.subscription_id = tiered.subscription_id
            and described.subscription_item_id = tiered.subscription_item_id
),

priced as (
    select
        organization_id,
        period,
        measured_at,
        subscription_id,
        subscription_item_id,
        stripe_customer_id,
        derived_from,
        price_id,
        product_id,
        quantity,
        recurring_interval,
        interval_count,
        subscription_currency as currency,
        interval_amount,
        billed_amount,
        billed_discount,
        invoice_id,
        case
            when exclusion_reason is not null then exclusion_reason
            when usage_type = 'metered' then 'metered'
            when price_type = 'one_time' then 'one_time'
        end as exclusion_reason,
        case
            when reason is not null then reason
            when price_id is null then 'Stripe names no price for the item.'
            when recurring_interval is null
                then format('The price %s is not known.', price_id)
            when tax_behavior = 'inclusive'
                then format('The price %s includes tax, and Stripe does not say how much.', price_id)
            when interval_amount is null and is_in_another
                then
                    format(
                        'The price %s is in %s and the subscription in %s.', price_id, currency, subscription_currency
                    )
            when interval_amount is null then format('The price %s tells no amount.', price_id)
        end as reason
    from amounted
)

select * from priced
