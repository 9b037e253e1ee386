with days as (
    select * from {{ ref('int_receivable_days_judged') }}
),

cells as (
    select * from {{ ref('int_aged_receivable_rows_walked') }}
),

reports as (
    select
        organization_id,
        period,
        report_date,
        coalesce(reported_at, extracted_at) as reported_at,
        extracted_at
    from {{ ref('stg_quickbooks__aged_receivables') }}
    where not is_deleted
),

reported as (
    select
        organization_id,
        period,
        quickbooks_customer_id,
        bucket,
        max(customer_name) as customer_name,
        sum(amount) as amount
    from cells
    group by 1, 2, 3, 4
),

aged as (
    select
        organization_id,
        period,
        quickbooks_customer_id,
        bucket,
        max(client_id) as client_id,
        sum(open_usd) as amount
    from {{ ref('int_receivables_aged') }}
    group by 1, 2, 3, 4
),

items as (
    select * from {{ ref('int_receivable_items_listed') }}
),

transactions as (
    select * from {{ ref('int_transactions_gathered') }}
),

-- A report that is older than a change of what a customer owed that day cannot be held against it.
changed as (
    select distinct
        reports.organization_id,
        reports.period,
        items.quickbooks_customer_id
    from reports
    inner join items
        on
            reports.organization_id = items.organization_id
            and reports.report_date >= items.transaction_date
            and reports.reported_at < items.updated_at
),

deleted as (
    select distinct
        reports.organization_id,
        reports.period
    from reports
    inner join transactions
        on
            reports.organization_id = transactions.organization_id
            and reports.report_date >= transactions.transaction_date
            and reports.extracted_at < transactions.extracted_at
            and transactions.is_deleted
),

compared as (
    select
        organization_id,
        period,
        quickbooks_customer_id,
        bucket,
        reported.customer_name,
        aged.client_id,
        coalesce(aged.amount, 0) as ledger_amount,
        coalesce(reported.amount, 0) as report_amount
    from aged
    full outer join reported using (organization_id, period, quickbooks_customer_id, bucket)
),

judged as (
    select
        compared.*,
        reports.reported_at,
        case
            when days.reason is not null then days.reason
            when not days.is_complete then 'The month is not over yet.'
            when reports.report_date is null then 'QuickBooks gave no report of that month.'
            when reports.report_date <> days.day then format('The report was printed as of %s.', reports.report_date)
            when compared.ledger_amount = compared.report_amount then null
            when changed.period is not null or deleted.period is not null
                then
                    'Transactions changed after the report was printed: read the report of the month again to compare '
                    || 'them.'
        end as reason
    from compared
    inner join days using (organization_id, period)
    left join reports using (organization_id, period)
    left join changed using (organization_id, period, quickbooks_customer_id)
    left join deleted using (organization_id, period)
)

select
    organization_id,
    period,
    quickbooks_customer_id,
    bucket,
    coalesce(client_id, 'unassigned') as client_id,
    customer_name,
    ledger_amount,
    report_amount,
    case when reason is null then ledger_amount - report_amount end as difference,
    reason,
    reported_at
from judged
