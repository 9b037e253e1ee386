{{ config(materialized='table') }}

with spans as (
    select * from {{ ref('int_report_spans_listed') }}
),

entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

accounts as (
    select
        organization_id,
        account_id,
        account_sub_type
    from {{ ref('stg_quickbooks__accounts') }}
),

-- An account stands in one of the two statements by its type; one that nothing names is shown with the profit, where
-- somebody will miss it.
placed as (
    select
        entries.organization_id,
        entries.period,
        entries.account_id,
        entries.account_name,
        entries.amount,
        entries.updated_at,
        coalesce(accounts.account_sub_type, '') = 'RetainedEarnings' as is_retained,
        coalesce(entries.account_type, 'Expense') in (
            'Income', 'Other Income', 'Cost of Goods Sold', 'Expense', 'Other Expense'
        ) as is_profit
    from entries
    left join accounts
        on entries.organization_id = accounts.organization_id and entries.account_id = accounts.account_id
),

-- Whatever was earned is equity, so the balance sheet is held against all postings.
lines as (
    select
        organization_id,
        'profit_and_loss' as statement,
        period,
        account_id,
        account_name,
        amount,
        updated_at
    from placed
    where is_profit
    union all
    select
        organization_id,
        'balance_sheet' as statement,
        period,
        case when is_profit or is_retained then 'earnings' else account_id end as account_id,
        account_name,
        amount,
        updated_at
    from placed
),

monthly as (
    select
        organization_id,
        statement,
        period,
        account_id,
        max(account_name) as account_name,
        sum(amount) as amount,
        count(*) as source_rows,
        max(updated_at) as updated_at
    from lines
    group by 1, 2, 3, 4
)

select
    spans.organization_id,
    spans.statement,
    spans.period,
    monthly.account_id,
    max(monthly.account_name) as account_name,
    sum(monthly.amount) as amount,
    sum(monthly.source_rows)::bigint as source_rows,
    max(monthly.updated_at) as updated_at
from spans
inner join monthly
    on
        spans.organization_id = monthly.organization_id
        and spans.statement = monthly.statement
        and spans.period >= monthly.period
        and (spans.after_period is null or spans.after_period < monthly.period)
group by 1, 2, 3, 4
