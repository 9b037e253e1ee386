{{ config(materialized='table') }}

with spans as (
    select * from {{ ref('int_report_spans_listed') }}
),

accounts as (
    select
        organization_id,
        account_id,
        account_sub_type
    from {{ ref('stg_quickbooks__accounts') }}
),

profit_and_loss as (
    select
        organization_id,
        period,
        account_id,
        max(account_path) as account_name,
        sum(case when report_group in ('Income', 'OtherIncome') then -amount else amount end) as amount
    from {{ ref('int_report_lines_flattened') }}
    where basis = 'Accrual'
    group by 1, 2, 3
),

-- Profit moves from one line of equity to another when a fiscal year ends, without a posting; together they are what
-- was posted.
balances as (
    select
        sheets.organization_id,
        sheets.period,
        case
            when
                accounts.account_sub_type = 'RetainedEarnings'
                or sheets.report_group = 'NetIncome'
                or (sheets.report_group = 'Equity' and starts_with(sheets.account_id, 'no id:'))
                then 'earnings'
            else sheets.account_id
        end as account_id,
        sheets.account_name,
        case sheets.half when 'assets' then sheets.balance else -sheets.balance end as balance
    from {{ ref('fct_balance_sheet') }} as sheets
    left join accounts
        on sheets.organization_id = accounts.organization_id and sheets.account_id = accounts.account_id
    where sheets.basis = 'Accrual'
),

-- What an account held at the end of a span is added, what it held before is taken off; absent is nothing.
sides as (
    select
        spans.organization_id,
        spans.period,
        balances.account_id,
        balances.account_name,
        balances.balance as amount
    from spans
    inner join balances on spans.organization_id = balances.organization_id and spans.period = balances.period
    where spans.statement = 'balance_sheet'
    union all
    select
        spans.organization_id,
        spans.period,
        balances.account_id,
        balances.account_name,
        -balances.balance as amount
    from spans
    inner join balances
        on spans.organization_id = balances.organization_id and spans.after_period = balances.period
    where spans.statement = 'balance_sheet'
),

balance_sheets as (
    select
        organization_id,
        period,
        account_id,
        max(account_name) as account_name,
        sum(amount) as amount
    from sides
    group by 1, 2, 3
)

select
    spans.organization_id,
    spans.statement,
    spans.period,
    profit_and_loss.account_id,
    profit_and_loss.account_name,
    profit_and_loss.amount
from spans
inner join profit_and_loss using (organization_id, period)
where spans.statement = 'profit_and_loss'
union all
select
    organization_id,
    'balance_sheet' as statement,
    period,
    account_id,
    account_name,
    amount
from balance_sheets
