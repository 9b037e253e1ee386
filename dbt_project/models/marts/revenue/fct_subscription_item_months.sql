with items as (
    select * from {{ ref('int_subscription_items_priced') }}
),

discounted as (
    select * from {{ ref('int_subscription_items_discounted') }}
),

products as (
    select * from {{ ref('stg_stripe__products') }}
),

client_links as (
    select * from {{ source('app', 'client_links') }}
    where source = 'stripe'
),

rates as (
    select * from {{ ref('int_exchange_rates_listed') }}
),

own_currencies as (
    select
        organization_id,
        currency as own_currency
    from {{ ref('dim_organizations') }}
),

-- Of a past month the bill tells what was taken off it, as a share of what it came to.
netted as (
    select
        items.*,
        coalesce(client_links.client_id, 'unassigned') as client_id,
        products.product_name,
        rates.exchange_rate,
        case
            when items.derived_from <> 'invoice_lines' then discounted.net_interval_amount
            when items.billed_discount = 0 or items.billed_amount = 0 then items.interval_amount
            else items.interval_amount - items.interval_amount * items.billed_discount / items.billed_amount
        end as net_interval_amount,
        case
            when items.exclusion_reason is not null then null
            when items.reason is not null then items.reason
            when discounted.reason is not null then discounted.reason
            when rates.exchange_rate is null
                then
                    format(
                        'No rate of %s in %s is stored for %s.',
                        items.currency,
                        own_currencies.own_currency,
                        items.period
                    )
        end as missing_because
    from items
    inner join own_currencies on items.organization_id = own_currencies.organization_id
    left join discounted
        on
            items.organization_id = discounted.organization_id
            and items.period = discounted.period
            and items.subscription_id = discounted.subscription_id
            and items.subscription_item_id = discounted.subscription_item_id
    left join products
        on
            items.organization_id = products.organization_id
            and items.product_id = products.product_id
    left join client_links
        on
            items.organization_id = client_links.organization_id
            and items.stripe_customer_id = client_links.source_client_id
    left join rates
        on
            items.organization_id = rates.organization_id
            and items.period = rates.period
            and items.currency = rates.currency
),

monthly as (
    select
        *,
        {{ monthly_amount('interval_amount', 'recurring_interval', 'interval_count') }} as list_amount,
        {{ monthly_amount('net_interval_amount', 'recurring_interval', 'interval_count') }} as net_amount
    from netted
)

select
    organization_id,
    period,
    subscription_id,
    subscription_item_id,
    client_id,
    stripe_customer_id,
    measured_at,
    product_id,
    product_name,
    price_id,
    quantity,
    recurring_interval,
    interval_count,
    currency,
    exchange_rate,
    list_amount,
    list_amount - net_amount as discount_amount,
    net_amount,
    case
        when exclusion_reason is not null then 0
        when missing_because is null then net_amount
    end as mrr_in_currency,
    case
        when exclusion_reason is not null then 0
        when missing_because is null then trim_scale(net_amount * exchange_rate)
    end as mrr,
    exclusion_reason is null as is_counted,
    exclusion_reason,
    derived_from,
    case when derived_from = 'invoice_lines' then 'calculated' else 'collected' end as method,
    invoice_id,
    missing_because as reason
from monthly
