{{ config(materialized='table') }}

with transactions as (
    select * from {{ ref('int_transactions_gathered') }}
    where not is_deleted
),

items as (
    select
        organization_id,
        item_id,
        income_account_id,
        coalesce(case when tracks_quantity then asset_account_id end, expense_account_id) as expense_account_id
    from {{ ref('stg_quickbooks__items') }}
),

control_accounts as (
    select * from {{ ref('int_control_accounts_chosen') }}
),

top as (
    select
        transactions.organization_id,
        transactions.transaction_type,
        transactions.transaction_id,
        transactions.line_sign,
        parts.line,
        lpad(parts.place::text, 6, '0') as line_number
    from transactions
    cross join lateral jsonb_array_elements(transactions.lines) with ordinality as parts (line, place)
    where transactions.line_sign <> 0
),

-- A bundle's amount is that of the lines inside it, so only those are posted.
lines as (
    select * from top
    where line ->> 'DetailType' is distinct from 'GroupLineDetail'
    union all
    select
        top.organization_id,
        top.transaction_type,
        top.transaction_id,
        top.line_sign,
        below.line,
        top.line_number || '.' || lpad(below.place::text, 6, '0') as line_number
    from top
    cross join lateral jsonb_array_elements(top.line #> '{GroupLineDetail,Line}') with ordinality as below (line, place)
    where top.line ->> 'DetailType' = 'GroupLineDetail'
),

detailed as (
    select
        lines.organization_id,
        lines.transaction_type,
        lines.transaction_id,
        lines.line_sign,
        lines.line_number,
        lines.line ->> 'DetailType' as detail_type,
        lines.line -> (lines.line ->> 'DetailType') as detail,
        lines.line #>> '{LinkedTxn,0,TxnType}' as linked_type,
        lines.line #>> '{LinkedTxn,0,TxnId}' as linked_id,
        (lines.line ->> 'Amount')::numeric as line_amount,
        lines.line ->> 'Description' as description
    from lines
),

-- Subtotals and descriptions carry no money of their own; tax stands beside the lines.
postings as (
    select
        *,
        case
            when detail_type = 'DiscountLineDetail' then -line_sign * line_amount
            when detail ->> 'PostingType' = 'Credit' then -line_amount
            else line_sign * line_amount
        end as amount
    from detailed
    where
        coalesce(detail_type, 'none') not in ('SubTotalLineDetail', 'DescriptionOnly', 'TaxLineDetail')
        and line_amount <> 0
),

-- Where money waits before a deposit takes it to the bank.
waiting as (
    select
        organization_id,
        transaction_type,
        transaction_id,
        head_account_id
    from transactions
    where transaction_type in ('Payment', 'SalesReceipt')
)

select
    postings.organization_id,
    postings.transaction_type,
    postings.transaction_id,
    postings.line_number,
    case
        when postings.detail_type = 'SalesItemLineDetail'
            then coalesce(postings.detail #>> '{ItemAccountRef,value}', items.income_account_id)
        when postings.detail_type = 'DiscountLineDetail' then postings.detail #>> '{DiscountAccountRef,value}'
        when postings.detail_type = 'ItemBasedExpenseLineDetail' then items.expense_account_id
        when postings.transaction_type = 'Deposit'
            then coalesce(
                postings.detail #>> '{AccountRef,value}',
                waiting.head_account_id,
                control_accounts.undeposited_account_id
            )
        else postings.detail #>> '{AccountRef,value}'
    end as account_id,
    case postings.detail #>> '{Entity,Type}'
        when 'Customer'
            then coalesce(postings.detail #>> '{Entity,EntityRef,value}', postings.detail #>> '{Entity,value}')
    end as entity_customer_id,
    postings.detail #>> '{CustomerRef,value}' as line_customer_id,
    postings.detail #>> '{ClassRef,value}' as class_id,
    postings.amount,
    postings.description
from postings
left join items
    on
        postings.organization_id = items.organization_id
        and postings.detail #>> '{ItemRef,value}' = items.item_id
left join waiting
    on
        postings.organization_id = waiting.organization_id
        and postings.linked_type = waiting.transaction_type
        and postings.linked_id = waiting.transaction_id
left join control_accounts on postings.organization_id = control_accounts.organization_id
