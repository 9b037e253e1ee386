-- What is open by customer and age comes to what the ledger holds on its receivables at the end of the month.
with aged as (
    select
        organization_id,
        period,
        sum(open_usd) as open_usd
    from {{ ref('fct_aged_receivables') }}
    group by 1, 2
),

days as (
    select * from {{ ref('int_receivable_days_judged') }}
    where reason is null
),

ledger as (
    select
        days.organization_id,
        days.period,
        sum(entries.amount) as balance
    from days
    inner join {{ ref('fct_ledger_entries') }} as entries
        on
            days.organization_id = entries.organization_id
            and days.day >= entries.transaction_date
            and entries.account_type = 'Accounts Receivable'
    group by 1, 2
)

select
    organization_id,
    period,
    ledger.balance,
    aged.open_usd
from ledger
full outer join aged using (organization_id, period)
where coalesce(aged.open_usd, 0) <> coalesce(ledger.balance, 0)
