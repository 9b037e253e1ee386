{{ config(severity='error') }}

-- Account by account and month by month, to the cent. A miss is a transaction that was lost, doubled or posted to the
-- wrong side, or something that QuickBooks posts without a transaction anybody can read.
select
    organization_id,
    statement,
    period,
    account_id,
    account_name,
    ledger_amount,
    report_amount,
    difference
from {{ ref('fct_ledger_ties') }}
where difference <> 0
