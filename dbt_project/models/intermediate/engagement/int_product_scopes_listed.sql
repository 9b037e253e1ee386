{{ config(materialized='table') }}

with products as (
    select * from {{ ref('int_products_listed') }}
),

-- Whatever happened belongs to a scope, so that the clients' counts lack nothing of the whole.
seen as (
    select
        organization_id,
        environment,
        client_id,
        changed_date as seen_date
    from {{ ref('int_product_changes_dated') }}
    union all
    select
        organization_id,
        environment,
        client_id,
        active_date
    from {{ ref('int_user_days_counted') }}
    union all
    select
        organization_id,
        environment,
        client_id,
        active_date
    from {{ ref('int_user_actions_counted') }}
    {% for model in ['int_product_jobs_counted', 'int_product_requests_counted', 'int_product_ai_calls_counted'] %}
    union all
    select
        organization_id,
        environment,
        client_id,
        bucket_date
    from {{ ref(model) }}
    where bucket_type = 'daily'
    {% endfor %}
),

environments as (
    select
        organization_id,
        environment
    from seen
    union
    select
        organization_id,
        'production' as environment
    from products
),

clients as (
    select
        organization_id,
        environment,
        client_id,
        min(seen_date) as first_seen_date
    from seen
    where client_id <> 'all'
    group by organization_id, environment, client_id
),

listed as (
    select
        environments.organization_id,
        environments.environment,
        'all' as client_id,
        products.first_date
    from environments
    inner join products on environments.organization_id = products.organization_id
    union all
    select
        clients.organization_id,
        clients.environment,
        clients.client_id,
        greatest(clients.first_seen_date, products.first_date) as first_date
    from clients
    inner join products on clients.organization_id = products.organization_id
)

select * from listed
