{{ config(severity='error') }}

-- Customer by customer and bucket by bucket, to the cent. A miss is an invoice, a payment or a credit that was lost,
-- doubled, or applied to something else.
select
    organization_id,
    period,
    quickbooks_customer_id,
    bucket,
    ledger_amount,
    report_amount,
    difference
from {{ ref('fct_aged_receivable_ties') }}
where difference <> 0
