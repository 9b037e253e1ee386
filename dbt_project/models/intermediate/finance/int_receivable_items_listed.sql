{{ config(materialized='table') }}

with entries as (
    select * from {{ ref('fct_ledger_entries') }}
    where account_type = 'Accounts Receivable'
),

invoices as (
    select
        organization_id,
        invoice_id,
        due_date
    from {{ ref('stg_quickbooks__invoices') }}
),

items as (
    select
        organization_id,
        transaction_type,
        transaction_id,
        coalesce(quickbooks_customer_id, 'none') as quickbooks_customer_id,
        client_id,
        transaction_date,
        sum(amount) as amount,
        max(updated_at) as updated_at,
        max(freshest_at) as freshest_at
    from entries
    group by 1, 2, 3, 4, 5, 6
)

-- A credit and money that is not applied yet are as old as they are; only an invoice is given time.
select
    items.organization_id,
    items.transaction_type,
    items.transaction_id,
    items.quickbooks_customer_id,
    items.client_id,
    items.transaction_date,
    coalesce(invoices.due_date, items.transaction_date) as due_date,
    items.amount,
    items.updated_at,
    items.freshest_at
from items
left join invoices
    on
        items.organization_id = invoices.organization_id
        and items.transaction_id = invoices.invoice_id
        and items.transaction_type = 'Invoice'
