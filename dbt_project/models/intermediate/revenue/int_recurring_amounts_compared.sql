{{ config(materialized='table') }}

with items as (
    select * from {{ ref('fct_subscription_item_months') }}
),

stripe_months as (
    select * from {{ ref('int_stripe_months_judged') }}
),

readings as (
    select * from {{ ref('int_billing_periods_covered') }}
),

agreements as (
    select * from {{ ref('int_agreement_months_priced') }}
),

entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

accounts as (
    select * from {{ ref('int_accounts_mapped') }}
    where metric in ('mrr', 'orr')
),

-- Where no account is mapped to what recurs in another way, all that recurs is mrr.
book_months as (
    select
        organization_id,
        period,
        reason
    from {{ ref('int_profit_and_loss_metrics_calculated') }}
    where metric = 'mrr'
),

-- The bill for the time at the month's end, and whether it had been paid by then.
bills as (
    select
        organization_id,
        period,
        subscription_id,
        subscription_item_id,
        bool_and(coalesce(paid_at < measured_at, false)) as is_paid
    from {{ ref('int_invoice_lines_covering') }}
    where place = 1
    group by organization_id, period, subscription_id, subscription_item_id
),

amounts as (
    select
        items.organization_id,
        items.client_id,
        items.period,
        'stripe_run_rate' as definition,
        items.mrr as amount,
        items.method,
        items.reason
    from items
    union all
    select
        items.organization_id,
        items.client_id,
        items.period,
        'stripe_paid' as definition,
        case when items.mrr is null or bills.is_paid then items.mrr else 0 end as amount,
        items.method,
        items.reason
    from items
    left join bills
        on
            items.organization_id = bills.organization_id
            and items.period = bills.period
            and items.subscription_id = bills.subscription_id
            and items.subscription_item_id = bills.subscription_item_id
    union all
    select
        organization_id,
        client_id,
        period,
        'connectwise_agreements' as definition,
        monthly_amount as amount,
        method,
        reason
    from agreements
    union all
    select
        entries.organization_id,
        entries.client_id,
        entries.period,
        'quickbooks_recurring' as definition,
        -entries.amount as amount,
        'accounting' as method,
        null as reason
    from entries
    inner join accounts
        on
            entries.organization_id = accounts.organization_id
            and entries.account_id = accounts.account_id
),

-- Why a whole month cannot be told by one of them.
months as (
    select
        organization_id,
        period,
        'stripe_run_rate' as definition,
        reason
    from stripe_months
    union all
    select
        organization_id,
        period,
        'stripe_paid' as definition,
        reason
    from stripe_months
    union all
    select
        organization_id,
        period,
        'connectwise_agreements' as definition,
        (array_agg(reason order by stream) filter (where reason is not null))[1] as reason
    from readings
    where source = 'connectwise'
    group by organization_id, period
    union all
    select
        organization_id,
        period,
        'quickbooks_recurring' as definition,
        reason
    from book_months
),

sums_of_clients as (
    select
        organization_id,
        client_id,
        period,
        definition,
        sum(amount) as amount,
        bool_or(method = 'estimated') as is_estimated,
        bool_or(method = 'calculated') as is_calculated,
        min(reason) as reason
    from amounts
    group by organization_id, client_id, period, definition
),

-- The organization is the sum of its clients to the last digit, so nothing is rounded here.
sums as (
    select * from sums_of_clients
    union all
    select
        organization_id,
        'all' as client_id,
        period,
        definition,
        sum(amount) as amount,
        bool_or(is_estimated) as is_estimated,
        bool_or(is_calculated) as is_calculated,
        min(reason) as reason
    from sums_of_clients
    group by organization_id, period, definition
),

scopes as (
    select distinct
        organization_id,
        client_id,
        period
    from sums
    union
    select
        organization_id,
        'all' as client_id,
        period
    from months
),

compared as (
    select
        scopes.organization_id,
        scopes.client_id,
        scopes.period,
        months.definition,
        case
            when months.reason is null and sums.reason is null then coalesce(sums.amount, 0)
        end as amount,
        case
            when coalesce(months.reason, sums.reason) is not null then null
            when months.definition = 'quickbooks_recurring' then 'accounting'
            when sums.is_estimated then 'estimated'
            when sums.is_calculated then 'calculated'
            else 'collected'
        end as method,
        coalesce(months.reason, sums.reason) as reason
    from scopes
    inner join months
        on
            scopes.organization_id = months.organization_id
            and scopes.period = months.period
    left join sums
        on
            scopes.organization_id = sums.organization_id
            and scopes.client_id = sums.client_id
            and scopes.period = sums.period
            and months.definition = sums.definition
)

select * from compared
