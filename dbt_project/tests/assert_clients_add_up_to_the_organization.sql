-- Tickets, hours, endpoints, seats and agreements of all clients, the unassigned among them, are those of the
-- organization. A miss means a record that belongs to no client, or to two. Months a person corrected or imported are
-- left out: nobody splits such a figure by client.
with counted as (
    select
        organization_id,
        client_id,
        period,
        metric,
        value,
        method
    from {{ ref('fct_metrics_monthly') }}
    where model in (
        select counts.model
        from {{ ref('int_operations_metrics_counted') }} as counts
    )
),

added as (
    select
        organization_id,
        period,
        metric,
        sum(value) filter (where client_id = 'all') as organization_value,
        coalesce(sum(value) filter (where client_id <> 'all'), 0) as clients_value
    from counted
    group by 1, 2, 3
    having bool_and(method = 'collected' or method is null)
)

select *
from added
where organization_value <> clients_value
