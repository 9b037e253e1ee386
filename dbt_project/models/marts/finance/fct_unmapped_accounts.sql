with lines as (
    select * from {{ ref('fct_profit_and_loss') }}
),

-- Both bases are held; only the organization's own feeds metrics, so only there a rule can be missing.
bases as (
    select
        organization_id,
        coalesce(profit_and_loss_basis, 'Accrual') as basis
    from {{ ref('dim_organizations') }}
)

select
    organization_id,
    lines.period,
    basis,
    lines.account_id,
    lines.account_name,
    lines.report_group,
    lines.amount
from lines
inner join bases using (organization_id, basis)
where lines.metric is null
