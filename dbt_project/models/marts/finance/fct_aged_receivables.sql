select
    organization_id,
    client_id,
    period,
    bucket,
    day as as_of_date,
    sum(open_usd) as open_usd,
    sum(open_invoices_usd) as open_invoices_usd,
    sum(open_invoices)::bigint as open_invoices,
    sum(open_documents)::bigint as open_documents,
    max(freshest_at) as freshest_at
from {{ ref('int_receivables_aged') }}
group by 1, 2, 3, 4, 5
