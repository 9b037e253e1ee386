{#- The documents of the books that seats are on: model, date, and whether they are given or taken back. -#}
{% set documents = [
    ('stg_quickbooks__invoices', 'invoice_date', 1),
    ('stg_quickbooks__sales_receipts', 'sales_receipt_date', 1),
    ('stg_quickbooks__credit_memos', 'credit_memo_date', -1),
] -%}

with rules as (
    select
        organization_id,
        array_agg(lower(btrim(value))) as seat_products
    from {{ source('app', 'rule_values') }}
    where rule = 'seat_product'
    group by organization_id
),

-- What was subscribed to when Stripe was last read says nothing of a month in which it is out of use.
stripe_months as (
    select
        organization_id,
        period
    from {{ ref('int_billing_periods_covered') }}
    where
        source = 'stripe'
        and stream = 'subscriptions'
        and is_in_use
),

subscribed as (
    select item_months.*
    from {{ ref('fct_subscription_item_months') }} as item_months
    inner join stripe_months
        on
            item_months.organization_id = stripe_months.organization_id
            and item_months.period = stripe_months.period
    where item_months.is_counted
),

-- What a receipt sells is invoiced and paid at once; a credit memo takes back what an invoice had.
documents as (
    {%- for model, dated, sign in documents %}
    select
        organization_id,
        {{ dated }} as document_date,
        quickbooks_customer_id,
        exchange_rate,
        lines,
        {{ sign }} as sign
    from {{ ref(model) }}
    where not is_deleted
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

items as (
    select * from {{ ref('stg_quickbooks__items') }}
),

client_links as (
    select * from {{ source('app', 'client_links') }}
    where source = 'quickbooks'
),

top as (
    select
        documents.*,
        one.line
    from documents
    cross join lateral jsonb_array_elements(documents.lines) as one (line)
),

-- What a bundle is made of stands inside its line.
parts as (
    select
        organization_id,
        document_date,
        quickbooks_customer_id,
        exchange_rate,
        sign,
        line
    from top
    union all
    select
        top.organization_id,
        top.document_date,
        top.quickbooks_customer_id,
        top.exchange_rate,
        top.sign,
        below.line
    from top
    cross join lateral jsonb_array_elements(top.line #> '{GroupLineDetail,Line}') as below (line)
    where top.line ->> 'DetailType' = 'GroupLineDetail'
),

-- What is voided keeps its lines without their amounts.
invoiced as (
    select
        parts.organization_id,
        parts.document_date,
        parts.quickbooks_customer_id,
        lower(btrim(coalesce(items.item_name, parts.line #>> '{SalesItemLineDetail,ItemRef,name}'))) as product,
        parts.sign * (parts.line #>> '{SalesItemLineDetail,Qty}')::numeric as quantity,
        parts.sign * (parts.line ->> 'Amount')::numeric * coalesce(parts.exchange_rate, 1) as amount
    from parts
    left join items
        on
            parts.organization_id = items.organization_id
            and items.item_id = parts.line #>> '{SalesItemLineDetail,ItemRef,value}'
    where
        parts.line ->> 'DetailType' = 'SalesItemLineDetail'
        and (parts.line ->> 'Amount')::numeric <> 0
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
        to_char(invoiced.document_date, 'YYYY-MM') as period,
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
