with report_rows as (
    select * from {{ ref('int_balance_sheet_rows_walked') }}
),

accounts as (
    select
        organization_id,
        account_id,
        fully_qualified_name,
        account_type
    from {{ ref('stg_quickbooks__accounts') }}
),

-- Which half of the sheet each outermost section is: everything in it is an asset, or a claim on the assets.
halves as (
    select
        organization_id,
        period,
        basis,
        row_path,
        case report_group when 'TotalAssets' then 'assets' else 'claims' end as half
    from report_rows
    where depth = 1
),

-- The profit of the fiscal year so far is a line of equity that is no account; nor has the profit of earlier years an
-- account in companies that keep none for it.
lines as (
    select
        report_rows.organization_id,
        report_rows.period,
        report_rows.basis,
        halves.half,
        report_rows.report_group,
        coalesce(
            report_rows.account_id,
            case
                when report_rows.report_group = 'NetIncome' then 'net income'
                else 'no id: ' || coalesce(report_rows.account_path, report_rows.title, '?')
            end
        ) as account_id,
        coalesce(report_rows.account_path, report_rows.title, '?') as account_path,
        report_rows.own_amount,
        report_rows.extracted_at
    from report_rows
    inner join halves
        on
            report_rows.organization_id = halves.organization_id
            and report_rows.period = halves.period
            and report_rows.basis = halves.basis
            and split_part(report_rows.row_path, '.', 1) = halves.row_path
    where report_rows.own_amount is not null
),

summed as (
    select
        organization_id,
        period,
        basis,
        half,
        report_group,
        account_id,
        max(account_path) as account_path,
        sum(own_amount) as balance,
        count(*) as source_rows,
        max(extracted_at) as freshest_at
    from lines
    group by 1, 2, 3, 4, 5, 6
)

select
    summed.organization_id,
    summed.period,
    summed.basis,
    summed.half,
    summed.report_group,
    summed.account_id,
    coalesce(accounts.fully_qualified_name, summed.account_path) as account_name,
    accounts.account_type,
    summed.balance,
    summed.source_rows,
    summed.freshest_at
from summed
left join accounts
    on summed.organization_id = accounts.organization_id and summed.account_id = accounts.account_id
