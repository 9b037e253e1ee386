{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with months as (
    select * from {{ ref('int_subscription_months_placed') }}
),

lines as (
    select * from {{ ref('stg_stripe__invoice_lines') }}
    where
        not is_deleted
        and subscription_item_id is not null
),

invoices as (
    select * from {{ ref('stg_stripe__invoices') }}
    where not is_deleted
),

-- The service period of a line holds the last instant of the month.
covering as (
    select
        months.organization_id,
        months.period,
        months.measured_at,
        lines.subscription_id,
        lines.subscription_item_id,
        lines.invoice_line_id,
        lines.invoice_id,
        invoices.invoice_status,
        invoices.paid_at,
        lines.price_id,
        lines.product_id,
        lines.currency,
        lines.quantity,
        lines.amount,
        lines.discount_amounts,
        coalesce(lines.is_proration, false) as is_proration,
        lines.period_started_at,
        -- A bill that was taken back tells less than one that stands, an older one less than the latest change.
        rank() over (
            partition by
                months.organization_id, months.period, lines.subscription_id, lines.subscription_item_id
            order by
                invoices.invoice_status = 'void' asc,
                lines.period_started_at desc,
                invoices.created_at desc,
                invoices.invoice_id desc
        ) as place
    from months
    inner join lines
        on
            months.organization_id = lines.organization_id
            and months.subscription_id = lines.subscription_id
            and months.measured_at > lines.period_started_at
            and months.measured_at <= lines.period_ended_at
    inner join invoices
        on
            lines.organization_id = invoices.organization_id
            and lines.invoice_id = invoices.invoice_id
)

select * from covering
