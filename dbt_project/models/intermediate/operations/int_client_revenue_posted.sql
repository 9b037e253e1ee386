with accounts as (
    select * from {{ ref('int_accounts_mapped') }}
    where metric = 'mrr'
),

posted as (
    select
        entries.organization_id,
        entries.client_id,
        entries.period,
        -sum(entries.amount) as recurring_revenue,
        count(*) as source_rows,
        max(entries.freshest_at) as freshest_at
    from {{ ref('fct_ledger_entries') }} as entries
    inner join accounts
        on
            entries.organization_id = accounts.organization_id
            and entries.account_id = accounts.account_id
    group by entries.organization_id, entries.client_id, entries.period
)

select * from posted
