{{ config(severity='error') }}

-- Debits equal credits, in each transaction. A miss is a line that was lost, doubled, or posted to the wrong side.
select
    organization_id,
    transaction_type,
    transaction_id,
    min(period) as period,
    sum(debit_amount) as debits,
    sum(credit_amount) as credits,
    sum(amount) as difference
from {{ ref('fct_ledger_entries') }}
group by organization_id, transaction_type, transaction_id
having sum(amount) <> 0
