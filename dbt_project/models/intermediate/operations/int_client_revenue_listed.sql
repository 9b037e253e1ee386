-- What a client's own customer was billed for recurring work. The ledger knows it where that customer is matched.
with customers as (
    select
        clients.organization_id,
        clients.client_id,
        coverage.period,
        coverage.completed_as_of
    from {{ ref('int_clients_matched') }} as clients
    inner join {{ ref('int_periods_covered') }} as coverage
        on
            clients.organization_id = coverage.organization_id
            and coverage.source = 'quickbooks'
            and coverage.stream = 'invoices'
            and coverage.is_covered
    where
        clients.quickbooks_customer_id is not null
        and exists (
            select 1
            from {{ ref('int_accounts_mapped') }} as accounts
            where accounts.organization_id = clients.organization_id and accounts.metric = 'mrr'
        )
)

select
    customers.organization_id,
    customers.client_id,
    customers.period,
    coalesce(posted.recurring_revenue, 0) as recurring_revenue,
    coalesce(posted.source_rows, 0) as source_rows,
    customers.completed_as_of as freshest_at
from customers
left join {{ ref('int_client_revenue_posted') }} as posted
    on
        customers.organization_id = posted.organization_id
        and customers.client_id = posted.client_id
        and customers.period = posted.period
