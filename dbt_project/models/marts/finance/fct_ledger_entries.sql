with transactions as (
    select * from {{ ref('int_transactions_gathered') }}
    where not is_deleted
),

accounts as (
    select
        organization_id,
        account_id,
        fully_qualified_name,
        account_type
    from {{ ref('stg_quickbooks__accounts') }}
),

classes as (
    select
        organization_id,
        class_id,
        fully_qualified_name
    from {{ ref('stg_quickbooks__classes') }}
),

clients as (
    select
        organization_id,
        source_client_id,
        client_id
    from {{ source('app', 'client_links') }}
    where source = 'quickbooks'
),

postings as (
    select
        organization_id,
        transaction_type,
        transaction_id,
        'head' as line_number,
        head_account_id as account_id,
        null::text as line_customer_id,
        null::text as class_id,
        head_amount as amount,
        null::text as description
    from transactions
    union all
    select
        organization_id,
        transaction_type,
        transaction_id,
        'counter' as line_number,
        counter_account_id as account_id,
        null::text as line_customer_id,
        null::text as class_id,
        counter_amount as amount,
        null::text as description
    from transactions
    union all
    select
        organization_id,
        transaction_type,
        transaction_id,
        line_number,
        account_id,
        coalesce(entity_customer_id, line_customer_id) as line_customer_id,
        class_id,
        amount,
        description
    from {{ ref('int_transaction_lines_posted') }}
),

dated as (
    select
        postings.organization_id,
        postings.transaction_type,
        postings.transaction_id,
        postings.line_number,
        transactions.transaction_date,
        coalesce(postings.account_id, 'unknown') as account_id,
        coalesce(postings.line_customer_id, transactions.quickbooks_customer_id) as quickbooks_customer_id,
        postings.class_id,
        transactions.currency,
        postings.amount as transaction_amount,
        {{ round_half_even('postings.amount * transactions.exchange_rate', 2) }} as rounded_amount,
        postings.description,
        transactions.created_at,
        transactions.updated_at,
        transactions.extracted_at
    from postings
    inner join transactions using (organization_id, transaction_type, transaction_id)
    where postings.amount <> 0
),

summed as (
    select
        *,
        sum(transaction_amount) over whole as transaction_sum,
        sum(rounded_amount) over whole as rounded_sum,
        row_number() over (whole order by line_number desc) as place
    from dated
    window whole as (partition by organization_id, transaction_type, transaction_id)
),

-- Lines of a foreign currency are rounded one by one; the cent that is left belongs to the whole and not to a line.
-- What does not balance in its own currency is left as it is, so that it can be seen.
converted as (
    select
        *,
        rounded_amount
        - case when place = 1 and transaction_sum = 0 then rounded_sum else 0 end as amount
    from summed
)

select
    converted.organization_id,
    converted.transaction_type,
    converted.transaction_id,
    converted.line_number,
    converted.transaction_date,
    to_char(converted.transaction_date, 'YYYY-MM') as period,
    converted.account_id,
    accounts.fully_qualified_name as account_name,
    accounts.account_type,
    converted.amount,
    greatest(converted.amount, 0) as debit_amount,
    greatest(-converted.amount, 0) as credit_amount,
    converted.transaction_amount,
    converted.currency,
    coalesce(clients.client_id, 'unassigned') as client_id,
    converted.quickbooks_customer_id,
    converted.class_id,
    classes.fully_qualified_name as class_name,
    converted.description,
    converted.created_at,
    converted.updated_at,
    converted.extracted_at as freshest_at
from converted
left join accounts
    on converted.organization_id = accounts.organization_id and converted.account_id = accounts.account_id
left join classes
    on converted.organization_id = classes.organization_id and converted.class_id = classes.class_id
left join clients
    on
        converted.organization_id = clients.organization_id
        and converted.quickbooks_customer_id = clients.source_client_id
