with rules as (
    select
        organization_id,
        array_agg(lower(btrim(value))) as seat_products
    from {{ source('app', 'rule_values') }}
    where rule = 'seat_product'
    group by organization_id
),

subscribed as (
    select * from {{ ref('fct_subscription_item_months') }}
    where is_counted
),

invoices as (
    select * from {{ ref('stg_quickbooks__invoices') }}
    where not is_deleted
),

items as (
    select * from {{ ref('stg_quickbooks__items') }}
),

client_links as (
    select * from {{ source('app', 'client_links') }}
    where source = 'quickbooks'
),

-- A voided invoice keeps its lines without their amounts.
invoiced as (
    select
        invoices.organization_id,
        invoices.invoice_date,
        invoices.quickbooks_customer_id,
        lower(btrim(coalesce(items.item_name, one.line #>> '{SalesItemLineDetail,ItemRef,name}'))) as product,
        (one.line #>> '{SalesItemLineDetail,Qty}')::numeric as quantity,
        (one.line ->> 'Amount')::numeric * coalesce(invoices.exchange_rate, 1) as amount
    from invoices
    cross join lateral jsonb_array_elements(invoices.lines) as one (line)
    left join items
        on
            invoices.organization_id = items.organization_id
            and items.item_id = one.line #>> '{SalesItemLineDetail,ItemRef,value}'
    where
        one.line ->> 'DetailType' = 'SalesItemLineDetail'
        and (one.line ->> 'Amount')::numeric <> 0
),

found as (
    select
        subscribed.organization_id,
        subscribed.client_id,
        subscribed.period,
        'stripe' as source,
        subscribed.quantity,
        subscribed.mrr as amount
    from subscribed
    inner join rules on subscribed.organization_id = rules.organization_id
    where lower(btrim(subscribed.product_name)) = any(rules.seat_products)
    union all
    select
        invoiced.organization_id,
        coalesce(client_links.client_id, 'unassigned') as client_id,
        to_char(invoiced.invoice_date, 'YYYY-MM') as period,
        'quickbooks' as source,
        invoiced.quantity,
        invoiced.amount
    from invoiced
    inner join rules on invoiced.organization_id = rules.organization_id
    left join client_links
        on
            invoiced.organization_id = client_links.organization_id
            and invoiced.quickbooks_customer_id = client_links.source_client_id
    where invoiced.product = any(rules.seat_products)
),

counted as (
    select
        organization_id,
        client_id,
        period,
        source,
        case when bool_and(quantity is not null) then sum(quantity) end as seats,
        case when bool_and(amount is not null) then sum(amount) end as amount
    from found
    group by organization_id, client_id, period, source
),

-- The books repeat what Stripe bills, so a client's subscription speaks for it where it has one.
chosen as (
    select distinct on (organization_id, client_id, period) *
    from counted
    order by organization_id asc, client_id asc, period asc, source desc
)

select * from chosen
