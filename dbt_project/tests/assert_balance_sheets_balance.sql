{{ config(severity='error') }}

-- The accounts of a half come to the total it prints, and what the company has is what others have a claim on. A miss
-- is a line lost, doubled or misread.
with printed as (
    select
        organization_id,
        period,
        basis,
        case report_group when 'TotalAssets' then 'assets' else 'claims' end as half,
        summary_amount as report_total
    from {{ ref('int_balance_sheet_rows_walked') }}
    where
        depth = 1
        and summary_amount is not null
),

added as (
    select
        organization_id,
        period,
        basis,
        half,
        sum(balance) as accounts_total
    from {{ ref('fct_balance_sheet') }}
    group by 1, 2, 3, 4
),

compared as (
    select
        organization_id,
        period,
        basis,
        half,
        printed.report_total,
        coalesce(added.accounts_total, 0) as accounts_total,
        sum(case half when 'assets' then added.accounts_total else -added.accounts_total end) over (
            partition by organization_id, period, basis
        ) as difference_of_halves
    from printed
    full outer join added using (organization_id, period, basis, half)
)

select *
from compared
where
    accounts_total is distinct from report_total
    or difference_of_halves <> 0
