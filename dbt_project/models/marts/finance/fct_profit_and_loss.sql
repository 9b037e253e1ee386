with lines as (
    select * from {{ ref('int_report_lines_mapped') }}
)

select
    organization_id,
    period,
    basis,
    report_group,
    account_id,
    account_name,
    metric,
    amount,
    source_rows,
    freshest_at
from lines
