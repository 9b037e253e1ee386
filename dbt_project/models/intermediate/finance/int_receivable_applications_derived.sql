{{ config(materialized='table') }}

-- QuickBooks keeps no date of applying money, nor an amount where a credit is applied to an invoice directly: the later
-- of the two documents' dates stands for the one, what the invoice's payments leave of its reduction for the other.
with documents as (
    select
        organization_id,
        transaction_type,
        transaction_id,
        transaction_date,
        quickbooks_customer_id,
        exchange_rate
    from {{ ref('int_transactions_gathered') }}
    where not is_deleted
),

payments as (
    select * from {{ ref('stg_quickbooks__payments') }}
    where not is_deleted
),

payment_lines as (
    select
        payments.organization_id,
        payments.payment_id,
        payments.payment_date,
        payments.quickbooks_customer_id,
        coalesce(payments.exchange_rate, 1) as exchange_rate,
        line.part #>> '{LinkedTxn,0,TxnType}' as linked_type,
        line.part #>> '{LinkedTxn,0,TxnId}' as linked_id,
        (line.part ->> 'Amount')::numeric as amount
    from payments
    cross join lateral jsonb_array_elements(payments.lines) as line (part)
),

-- A credit that is used up in a payment adds to what the payment can be applied to.
applied as (
    select
        payment_lines.*,
        documents.exchange_rate as linked_rate,
        coalesce(documents.quickbooks_customer_id, payment_lines.quickbooks_customer_id) as linked_customer_id,
        greatest(payment_lines.payment_date, documents.transaction_date) as applied_on,
        case payment_lines.linked_type when 'CreditMemo' then 1 else -1 end as sign
    from payment_lines
    inner join documents
        on
            payment_lines.organization_id = documents.organization_id
            and payment_lines.linked_type = documents.transaction_type
            and payment_lines.linked_id = documents.transaction_id
),

settled as (
    select
        organization_id,
        linked_type,
        linked_id,
        sum(amount) as amount
    from applied
    group by 1, 2, 3
),

invoices as (
    select
        invoices.organization_id,
        invoices.invoice_id,
        invoices.linked_transactions,
        invoices.total_amount - invoices.balance - coalesce(settled.amount, 0) as credited_amount
    from {{ ref('stg_quickbooks__invoices') }} as invoices
    left join settled
        on
            invoices.organization_id = settled.organization_id
            and settled.linked_type = 'Invoice'
            and invoices.invoice_id = settled.linked_id
    where not invoices.is_deleted
),

memos as (
    select
        memos.organization_id,
        memos.credit_memo_id,
        memos.credit_memo_date,
        memos.total_amount - memos.remaining_credit - coalesce(settled.amount, 0) as used_amount
    from {{ ref('stg_quickbooks__credit_memos') }} as memos
    left join settled
        on
            memos.organization_id = settled.organization_id
            and settled.linked_type = 'CreditMemo'
            and memos.credit_memo_id = settled.linked_id
    where not memos.is_deleted
),

credit_links as (
    select distinct
        invoices.organization_id,
        invoices.invoice_id,
        invoices.credited_amount,
        memos.credit_memo_id,
        memos.credit_memo_date,
        memos.used_amount
    from invoices
    cross join lateral jsonb_array_elements(invoices.linked_transactions) as link (part)
    inner join memos
        on
            invoices.organization_id = memos.organization_id
            and link.part ->> 'TxnType' = 'CreditMemo'
            and link.part ->> 'TxnId' = memos.credit_memo_id
    where invoices.credited_amount > 0
),

-- The oldest credit is used first.
credits as (
    select
        *,
        greatest(
            0,
            least(
                used_amount,
                credited_amount - coalesce(
                    sum(used_amount) over (
                        partition by organization_id, invoice_id
                        order by credit_memo_date, credit_memo_id
                        rows between unbounded preceding and 1 preceding
                    ),
                    0
                )
            )
        ) as amount
    from credit_links
),

movements as (
    select
        organization_id,
        linked_type as transaction_type,
        linked_id as transaction_id,
        linked_customer_id as quickbooks_customer_id,
        applied_on,
        sign * amount * linked_rate as amount
    from applied
    union all
    select
        organization_id,
        'Payment' as transaction_type,
        payment_id as transaction_id,
        quickbooks_customer_id,
        applied_on,
        -sign * amount * exchange_rate as amount
    from applied
    union all
    select
        credits.organization_id,
        documents.transaction_type,
        documents.transaction_id,
        documents.quickbooks_customer_id,
        greatest(credits.credit_memo_date, invoiced.transaction_date) as applied_on,
        case documents.transaction_type when 'Invoice' then -1 else 1 end
        * credits.amount * documents.exchange_rate as amount
    from credits
    inner join documents as invoiced
        on
            credits.organization_id = invoiced.organization_id
            and invoiced.transaction_type = 'Invoice'
            and credits.invoice_id = invoiced.transaction_id
    inner join documents
        on
            credits.organization_id = documents.organization_id
            and (documents.transaction_type, documents.transaction_id) in (
                ('Invoice', credits.invoice_id), ('CreditMemo', credits.credit_memo_id)
            )
    where credits.amount > 0
)

select
    organization_id,
    transaction_type,
    transaction_id,
    coalesce(quickbooks_customer_id, 'none') as quickbooks_customer_id,
    applied_on,
    {{ round_half_even('sum(amount)', 2) }} as amount
from movements
group by 1, 2, 3, 4, 5
