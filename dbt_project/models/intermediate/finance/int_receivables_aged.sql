{{ config(materialized='table') }}

with days as (
    select * from {{ ref('int_receivable_days_judged') }}
    where reason is null
),

items as (
    select * from {{ ref('int_receivable_items_listed') }}
),

movements as (
    select
        organization_id,
        transaction_type,
        transaction_id,
        quickbooks_customer_id,
        transaction_date as moved_on,
        amount
    from items
    union all
    select
        organization_id,
        transaction_type,
        transaction_id,
        quickbooks_customer_id,
        applied_on as moved_on,
        amount
    from {{ ref('int_receivable_applications_derived') }}
),

balances as (
    select
        days.organization_id,
        days.period,
        days.day,
        movements.transaction_type,
        movements.transaction_id,
        movements.quickbooks_customer_id,
        sum(movements.amount) as open_amount
    from days
    inner join movements on days.organization_id = movements.organization_id and days.day >= movements.moved_on
    group by 1, 2, 3, 4, 5, 6
    having sum(movements.amount) <> 0
),

aged as (
    select
        balances.organization_id,
        balances.period,
        balances.day,
        balances.transaction_type,
        balances.transaction_id,
        balances.quickbooks_customer_id,
        items.client_id,
        balances.open_amount,
        balances.day - items.due_date as days_late,
        items.updated_at,
        items.freshest_at
    from balances
    inner join items using (organization_id, transaction_type, transaction_id, quickbooks_customer_id)
)

select
    organization_id,
    period,
    day,
    quickbooks_customer_id,
    client_id,
    case
        when days_late <= 0 then 'current'
        when days_late <= 30 then '1_30'
        when days_late <= 60 then '31_60'
        when days_late <= 90 then '61_90'
        else 'over_90'
    end as bucket,
    sum(open_amount) as open_usd,
    coalesce(sum(open_amount) filter (where transaction_type = 'Invoice'), 0) as open_invoices_usd,
    count(*) filter (where transaction_type = 'Invoice') as open_invoices,
    count(*) as open_documents,
    max(updated_at) as updated_at,
    max(freshest_at) as freshest_at
from aged
group by 1, 2, 3, 4, 5, 6
