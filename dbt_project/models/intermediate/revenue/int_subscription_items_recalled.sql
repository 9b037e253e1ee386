{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with months as (
    select * from {{ ref('int_subscription_months_placed') }}
),

items as (
    select * from {{ ref('stg_stripe__subscription_items') }}
    where not is_deleted
),

-- Only the latest state before the month's end counts.
lines as (
    select * from {{ ref('int_invoice_lines_covering') }}
    where place = 1
),

line_discounts as (
    select
        lines.organization_id,
        lines.invoice_line_id,
        lines.invoice_id,
        {{ stripe_id("taken.discount -> 'discount'") }} as discount_id,
        {{ amount_in_major_units("(taken.discount ->> 'amount')::numeric", 'lines.currency') }} as amount
    from {{ ref('stg_stripe__invoice_lines') }} as lines
    cross join lateral jsonb_array_elements(lines.discount_amounts) as taken (discount)
    where
        not lines.is_deleted
        and jsonb_typeof(lines.discount_amounts) = 'array'
),

durations as (
    select
        organization_id,
        discount_id,
        min(duration) as duration
    from {{ ref('int_discounts_listed') }}
    group by organization_id, discount_id
),

-- A discount that is over has left nothing but the bills it was taken off: one that was taken off once was one.
recurring_discounts as (
    select
        line_discounts.organization_id,
        line_discounts.discount_id
    from line_discounts
    left join durations
        on
            line_discounts.organization_id = durations.organization_id
            and line_discounts.discount_id = durations.discount_id
    group by line_discounts.organization_id, line_discounts.discount_id, durations.duration
    having
        case
            when durations.duration is null then count(distinct line_discounts.invoice_id) > 1
            else durations.duration <> 'once'
        end
),

discounted_lines as (
    select
        line_discounts.organization_id,
        line_discounts.invoice_line_id,
        sum(line_discounts.amount) as discount
    from line_discounts
    inner join recurring_discounts
        on
            line_discounts.organization_id = recurring_discounts.organization_id
            and line_discounts.discount_id = recurring_discounts.discount_id
    group by line_discounts.organization_id, line_discounts.invoice_line_id
),

-- A credit for unused time without a new charge beside it means that the item was taken off. A price in tiers makes a
-- line a tier.
billed as (
    select
        lines.organization_id,
        lines.period,
        lines.subscription_id,
        lines.subscription_item_id,
        min(lines.invoice_id) as invoice_id,
        min(lines.invoice_status) as invoice_status,
        bool_or(lines.paid_at is not null) as is_paid,
        min(lines.price_id) as price_id,
        min(lines.product_id) as product_id,
        min(lines.currency) as currency,
        sum(lines.quantity) as quantity,
        sum(lines.amount) as billed_amount,
        coalesce(sum(discounted_lines.discount), 0) as billed_discount,
        bool_or(lines.is_proration) as is_proration
    from lines
    left join discounted_lines
        on
            lines.organization_id = discounted_lines.organization_id
            and lines.invoice_line_id = discounted_lines.invoice_line_id
    where lines.amount >= 0
    group by lines.organization_id, lines.period, lines.subscription_id, lines.subscription_item_id
),

from_bills as (
    select
        months.*,
        billed.subscription_item_id,
        billed.price_id,
        billed.product_id,
        billed.quantity,
        billed.billed_amount,
        billed.billed_discount,
        billed.is_proration,
        billed.invoice_id,
        case
            when months.exclusion_reason is not null then months.exclusion_reason
            when billed.invoice_status = 'void' then 'voided'
            when billed.is_paid then null
            when months.subscription_status in ('unpaid', 'paused') then months.subscription_status
            when billed.invoice_status = 'draft' then 'paused'
            when billed.invoice_status = 'uncollectible' and months.pause_behavior = 'mark_uncollectible' then 'paused'
        end as bill_exclusion_reason,
        null::text as reason
    from months
    inner join billed
        on
            months.organization_id = billed.organization_id
            and months.period = billed.period
            and months.subscription_id = billed.subscription_id
    where months.derived_from = 'invoice_lines'
),

from_items as (
    select
        months.*,
        items.subscription_item_id,
        items.price_id,
        items.product_id,
        items.quantity,
        null::numeric as billed_amount,
        null::numeric as billed_discount,
        false as is_proration,
        null::text as invoice_id,
        months.exclusion_reason as bill_exclusion_reason,
        null::text as reason
    from months
    inner join items
        on
            months.organization_id = items.organization_id
            and months.subscription_id = items.subscription_id
            and months.measured_at > items.created_at
    where months.derived_from <> 'invoice_lines'
),

-- Of these only today's state is known, and today's quantity or price is never taken for the past one.
from_nothing as (
    select
        months.*,
        coalesce(items.subscription_item_id, 'unknown') as subscription_item_id,
        items.price_id,
        items.product_id,
        null::numeric as quantity,
        null::numeric as billed_amount,
        null::numeric as billed_discount,
        false as is_proration,
        null::text as invoice_id,
        months.exclusion_reason as bill_exclusion_reason,
        'No invoice line covers the end of the month, and the subscription may have changed since.' as reason
    from months
    left join items
        on
            months.organization_id = items.organization_id
            and months.subscription_id = items.subscription_id
            and months.measured_at > items.created_at
    left join lines
        on
            months.organization_id = lines.organization_id
            and months.period = lines.period
            and months.subscription_id = lines.subscription_id
            and (items.subscription_item_id = lines.subscription_item_id or items.subscription_item_id is null)
    where
        months.derived_from = 'invoice_lines'
        and lines.subscription_item_id is null
),

recalled as (
    select * from from_bills
    union all
    select * from from_items
    union all
    select * from from_nothing
)

select
    organization_id,
    period,
    measured_at,
    subscription_id,
    subscription_item_id,
    stripe_customer_id,
    currency as subscription_currency,
    derived_from,
    bill_exclusion_reason as exclusion_reason,
    price_id,
    product_id,
    quantity,
    billed_amount,
    billed_discount,
    is_proration,
    invoice_id,
    reason
from recalled
