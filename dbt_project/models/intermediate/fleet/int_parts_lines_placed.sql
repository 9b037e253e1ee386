with lines as (
    select * from {{ ref('stg_opsdb__parts_orders') }}
    where not is_deleted
),

rules as (
    select * from {{ ref('int_fleet_rules_gathered') }}
),

-- Orders that are in a cost: rentals, open ones and those without an amount are in none.
service_orders as (
    select * from {{ ref('int_service_orders_classified') }}
    where is_service and billed_quarter is not null and total_amount is not null
),

-- A line on such an order's invoice is in its amount already; any other line is in no amount but its own.
placed as (
    select
        lines.organization_id,
        lines.parts_order_line_id,
        coalesce(lines.parts_order_id, 'line ' || lines.parts_order_line_id) as parts_order_id,
        coalesce(links.client_id, 'unassigned') as client_id,
        to_char(lines.ordered_date, 'YYYY-"Q"Q') as ordered_quarter,
        coalesce(nullif(btrim(lines.category), ''), 'unknown') as category,
        lines.amount,
        service_orders.service_order_id,
        service_orders.service_order_id is not null as is_on_service_order
    from lines
    inner join rules on lines.organization_id = rules.organization_id
    left join service_orders
        on
            lines.organization_id = service_orders.organization_id
            and lines.service_order_id = service_orders.service_order_id
    left join {{ ref('int_database_clients_linked') }} as links
        on
            lines.organization_id = links.organization_id
            and lines.opsdb_customer_id = links.record_id
            and links.stream = 'customers'
    where not coalesce(lower(btrim(lines.line_status)) = any(rules.void_statuses), false)
)

select * from placed
