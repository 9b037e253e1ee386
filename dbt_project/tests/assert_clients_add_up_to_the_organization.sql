-- What is counted for each client, `unassigned` among them, adds up to what is counted for the whole organization.
with counted as (
    select * from {{ ref('int_operations_metrics_counted') }}
),

compared as (
    select
        organization_id,
        period,
        metric,
        sum(value) filter (where client_id = 'all') as organization_value,
        sum(value) filter (where client_id <> 'all') as clients_value
    from counted
    group by organization_id, period, metric
)

select * from compared
where organization_value is distinct from clients_value
