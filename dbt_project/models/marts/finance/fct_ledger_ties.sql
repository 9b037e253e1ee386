with spans as (
    select * from {{ ref('int_report_spans_listed') }}
),

accounts as (
    select
        organization_id,
        account_id,
        fully_qualified_name,
        account_type
    from {{ ref('stg_quickbooks__accounts') }}
),

reported as (
    select * from {{ ref('int_report_movements_derived') }}
),

posted as (
    select * from {{ ref('int_ledger_movements_added') }}
),

transactions as (
    select * from {{ ref('int_transactions_gathered') }}
),

-- A report that was printed before a transaction of its months was deleted, or before any was edited, may still hold
-- what the ledger no longer does. Invoices, bills, credits and payments also change when they are settled, which posts
-- nothing.
outdated as (
    select distinct
        spans.organization_id,
        spans.statement,
        spans.period
    from spans
    inner join transactions
        on
            spans.organization_id = transactions.organization_id
            and (
                (
                    transactions.is_deleted
                    and spans.extracted_at < transactions.extracted_at
                    and spans.period >= to_char(transactions.transaction_date, 'YYYY-MM')
                    and coalesce(spans.after_period, '') < to_char(transactions.transaction_date, 'YYYY-MM')
                )
                or (
                    not transactions.is_deleted
                    and spans.reported_at >= transactions.created_at
                    and spans.reported_at < transactions.updated_at
                    and transactions.transaction_type not in (
                        'Invoice', 'Bill', 'CreditMemo', 'VendorCredit', 'Payment'
                    )
                )
            )
),

-- What QuickBooks posts by itself, as the organization's file says: nothing that can be read makes it up.
named as (
    select
        accounts.organization_id,
        accounts.account_id,
        accounts.account_type in (
            'Income', 'Other Income', 'Cost of Goods Sold', 'Expense', 'Other Expense'
        ) as is_profit
    from accounts
    inner join {{ source('app', 'rule_values') }} as rules
        on
            accounts.organization_id = rules.organization_id
            and rules.rule = 'account_posted_by_quickbooks'
            and lower(rules.value) in (lower(accounts.account_id), lower(accounts.fully_qualified_name))
),

posted_by_quickbooks as (
    select
        organization_id,
        account_id
    from named
    union
    select
        organization_id,
        'earnings' as account_id
    from named
    where is_profit
),

compared as (
    select
        organization_id,
        statement,
        period,
        account_id,
        coalesce(posted.account_name, reported.account_name) as account_name,
        coalesce(posted.amount, 0) as posted_amount,
        coalesce(reported.amount, 0) as reported_amount,
        coalesce(posted.source_rows, 0)::bigint as source_rows,
        posted.updated_at
    from posted
    full outer join reported using (organization_id, statement, period, account_id)
),

judged as (
    select
        compared.organization_id,
        compared.statement,
        compared.period,
        compared.account_id,
        compared.posted_amount,
        compared.reported_amount,
        compared.source_rows,
        accounts.account_type,
        spans.reported_at,
        case
            when compared.account_id = 'earnings' then 'Retained earnings and profit'
            else coalesce(accounts.fully_qualified_name, compared.account_name)
        end as account_name,
        compared.account_id = 'earnings'
        or coalesce(accounts.account_type, '') in (
            'Income', 'Other Income', 'Accounts Payable', 'Credit Card', 'Other Current Liability',
            'Long Term Liability', 'Equity'
        ) as is_credit_normal,
        case
            when spans.reason is not null then spans.reason
            when compared.posted_amount = compared.reported_amount then null
            when compared.updated_at > spans.reported_at or outdated.period is not null
                then
                    'Transactions changed after the report was printed: read the reports of the month again to compare '
                    || 'them.'
            when posted_by_quickbooks.account_id is not null
                then 'QuickBooks posts to the account without a transaction that can be read.'
        end as reason
    from compared
    inner join spans using (organization_id, statement, period)
    left join outdated using (organization_id, statement, period)
    left join posted_by_quickbooks using (organization_id, account_id)
    left join accounts
        on compared.organization_id = accounts.organization_id and compared.account_id = accounts.account_id
)

select
    organization_id,
    statement,
    period,
    account_id,
    account_name,
    account_type,
    case when is_credit_normal then -posted_amount else posted_amount end as ledger_amount,
    case when is_credit_normal then -reported_amount else reported_amount end as report_amount,
    case
        when reason is null
            then
                case when is_credit_normal then -posted_amount else posted_amount end
                - case when is_credit_normal then -reported_amount else reported_amount end
    end as difference,
    reason,
    source_rows,
    reported_at
from judged
