{% set kinds = ['planned', 'unplanned', 'damage', 'other'] -%}

with quarters as (
    select * from {{ ref('int_fleet_quarters_listed') }}
),

covered as (
    -- What is done in a quarter may have been written in any before it.
    select
        organization_id,
        quarter,
        past_reason as reason,
        past_reason is null as is_covered,
        completed_as_of
    from {{ ref('int_fleet_streams_covered') }}
    where stream = 'service_orders'
),

fleet as (
    select * from {{ ref('fct_fleet_overview') }}
),

parts_covered as (
    select * from {{ ref('int_fleet_streams_covered') }}
    where stream = 'parts_orders' and is_covered
),

lines as (
    select
        organization_id,
        service_order_id,
        sum(amount) as amount
    from {{ ref('int_parts_lines_placed') }}
    where is_on_service_order
    group by organization_id, service_order_id
),

-- An open order costs nothing yet. What of one was parts its lines may tell where it does not itself.
orders as (
    select
        classified.organization_id,
        classified.client_id,
        classified.billed_quarter,
        classified.kind,
        classified.total_amount,
        classified.labor_amount,
        coalesce(
            classified.parts_amount, case when parts_covered.quarter is not null then lines.amount end
        ) as parts_amount
    from {{ ref('int_service_orders_classified') }} as classified
    left join lines
        on
            classified.organization_id = lines.organization_id
            and classified.service_order_id = lines.service_order_id
    left join parts_covered
        on
            classified.organization_id = parts_covered.organization_id
            and classified.billed_quarter = parts_covered.quarter
    where classified.is_service and classified.billed_quarter is not null
),

billed as (
    select
        organization_id,
        scope_id as client_id,
        billed_quarter as quarter,
        {%- for kind in kinds %}
        count(*) filter (where kind = '{{ kind }}') as {{ kind }}_orders,
        count(total_amount) filter (where kind = '{{ kind }}') as {{ kind }}_known,
        sum(total_amount) filter (where kind = '{{ kind }}') as {{ kind }}_cost,
        {%- endfor %}
        count(*) as orders,
        count(total_amount) as known,
        sum(total_amount) as total_spend,
        count(*) filter (
            where total_amount is not null and (labor_amount is null or parts_amount is null)
        ) as orders_not_split,
        sum(labor_amount) filter (where total_amount is not null) as labor_spend,
        sum(parts_amount) filter (where total_amount is not null) as parts_spend
    from {{ in_both_scopes('orders') }} as orders
    group by organization_id, scope_id, billed_quarter
),

explained as (
    select
        quarters.organization_id,
        quarters.client_id,
        quarters.quarter,
        quarters.is_complete,
        {%- for kind in kinds %}
        billed.{{ kind }}_orders,
        billed.{{ kind }}_known,
        billed.{{ kind }}_cost,
        {%- endfor %}
        billed.orders,
        billed.known,
        billed.total_spend,
        billed.orders_not_split,
        -- What no order tells apart is not known; without any order it is nothing.
        case when coalesce(billed.orders, 0) = 0 then 0 else billed.labor_spend end as labor_spend,
        case when coalesce(billed.orders, 0) = 0 then 0 else billed.parts_spend end as parts_spend,
        fleet.units,
        fleet.reason as fleet_reason,
        case
            when covered.reason is not null then covered.reason
            when billed.orders > 0 and billed.known = 0 then 'No order completed in the quarter has an amount.'
        end as reason,
        covered.is_covered,
        covered.completed_as_of
    from quarters
    inner join covered
        on
            quarters.organization_id = covered.organization_id
            and quarters.quarter = covered.quarter
    inner join fleet
        on
            quarters.organization_id = fleet.organization_id
            and quarters.client_id = fleet.client_id
            and quarters.quarter = fleet.quarter
    left join billed
        on
            quarters.organization_id = billed.organization_id
            and quarters.client_id = billed.client_id
            and quarters.quarter = billed.quarter
),

costs as (
    select
        organization_id,
        client_id,
        quarter,
        is_complete,
        case when reason is null then coalesce(total_spend, 0) end as total_spend,
        {%- for kind in kinds %}
        -- A kind of which no order has an amount has an unknown cost, which is not none.
        case
            when reason is null and ({{ kind }}_known > 0 or coalesce({{ kind }}_orders, 0) = 0)
                then coalesce({{ kind }}_cost, 0)
        end as {{ kind }}_cost,
        case when is_covered then coalesce({{ kind }}_orders, 0) end as {{ kind }}_orders,
        {%- endfor %}
        case when is_covered then coalesce(orders - known, 0) end as orders_without_amount,
        case when reason is null then coalesce(orders_not_split, 0) end as orders_not_split,
        case when reason is null then labor_spend end as labor_spend,
        case when reason is null then parts_spend end as parts_spend,
        case when reason is null then coalesce(total_spend, 0) - labor_spend - parts_spend end as other_spend,
        units,
        case
            when reason is null then {{ round_half_even(safe_divide('coalesce(total_spend, 0)', 'units'), 2) }}
        end as cost_per_unit,
        reason,
        case
            when reason is not null then reason
            when labor_spend is null then 'No order completed in the quarter says what of it was labour.'
        end as labor_reason,
        case
            when reason is not null then reason
            when parts_spend is null then 'No order completed in the quarter says what of it was parts.'
        end as parts_reason,
        case
            when reason is not null then reason
            when fleet_reason is not null then fleet_reason
            when units = 0 then 'No machine was active at the end of the quarter.'
        end as cost_per_unit_reason,
        completed_as_of as freshest_at
    from explained
)

select * from costs
