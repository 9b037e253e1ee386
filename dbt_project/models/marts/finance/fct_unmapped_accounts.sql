with lines as (
    select * from {{ ref('fct_profit_and_loss') }}
)

select
    organization_id,
    period,
    basis,
    account_id,
    account_name,
    report_group,
    amount
from lines
where metric is null
