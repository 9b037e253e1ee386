-- What the definitions of recurring revenue come to, and how far they are from the run rate, is of all clients together
-- what it is of each.
with bridge as (
    select * from {{ ref('fct_mrr_bridge') }}
),

clients as (
    select
        organization_id,
        period,
        definition,
        sum(amount) as amount,
        sum(difference) as difference,
        bool_or(difference is null) as is_unknown
    from bridge
    where client_id <> 'all'
    group by organization_id, period, definition
)

select
    clients.organization_id,
    clients.period,
    clients.definition,
    clients.difference,
    bridge.difference as whole_difference
from clients
inner join bridge
    on
        clients.organization_id = bridge.organization_id
        and clients.period = bridge.period
        and clients.definition = bridge.definition
        and bridge.client_id = 'all'
where
    clients.is_unknown <> (bridge.difference is null)
    or clients.difference <> bridge.difference
    or clients.amount <> bridge.amount
