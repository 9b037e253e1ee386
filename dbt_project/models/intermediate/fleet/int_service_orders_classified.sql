with orders as (
    select * from {{ ref('stg_opsdb__service_orders') }}
    where not is_deleted
),

organizations as (
    select * from {{ ref('dim_organizations') }}
),

rules as (
    select * from {{ ref('int_fleet_rules_gathered') }}
),

classified as (
    select
        orders.organization_id,
        orders.service_order_id,
        orders.equipment_id,
        coalesce(links.client_id, 'unassigned') as client_id,
        case
            when lower(btrim(orders.order_type)) = any(rules.planned_order_types) then 'planned'
            when lower(btrim(orders.order_type)) = any(rules.repair_order_types) then 'unplanned'
            when lower(btrim(orders.order_type)) = any(rules.damage_order_types) then 'damage'
            when lower(btrim(orders.order_type)) = any(rules.rental_order_types) then 'rental'
            else 'other'
        end as kind,
        coalesce(lower(btrim(orders.order_status)) = any(rules.void_statuses), false) as is_void,
        orders.completed_at is not null
        or coalesce(lower(btrim(orders.order_status)) = any(rules.completed_statuses), false) as is_completed,
        (orders.opened_at at time zone organizations.time_zone)::date as opened_date,
        (orders.completed_at at time zone organizations.time_zone)::date as completed_date,
        orders.due_date,
        -- Somebody who arrived before the call was received is a slip of the pen, not a fast answer.
        case
            when orders.arrived_at >= orders.received_at
                then extract(epoch from orders.arrived_at - orders.received_at) / 3600
        end as response_hours,
        nullif(orders.visits, 0) as visits,
        orders.labor_amount,
        orders.parts_amount,
        coalesce(
            orders.total_amount,
            case
                when num_nonnulls(orders.labor_amount, orders.parts_amount, orders.other_amount) > 0
                    then
                        coalesce(orders.labor_amount, 0) + coalesce(orders.parts_amount, 0)
                        + coalesce(orders.other_amount, 0)
            end
        ) as total_amount,
        orders.downtime_hours
    from orders
    inner join organizations on orders.organization_id = organizations.organization_id
    inner join rules on orders.organization_id = rules.organization_id
    left join {{ ref('int_database_clients_linked') }} as links
        on
            orders.organization_id = links.organization_id
            and orders.opsdb_customer_id = links.record_id
            and links.stream = 'customers'
),

-- Rentals have figures of their own, and what is void never happened.
placed as (
    select
        *,
        not is_void and kind <> 'rental' as is_service,
        to_char(opened_date, 'YYYY-MM') as opened_period,
        to_char(opened_date, 'YYYY-"Q"Q') as opened_quarter,
        to_char(due_date, 'YYYY-"Q"Q') as due_quarter,
        -- What was done is billed on the day it was done; where nobody says when, on the day it was written.
        case when is_completed then to_char(coalesce(completed_date, opened_date), 'YYYY-"Q"Q') end as billed_quarter
    from classified
)

select * from placed
