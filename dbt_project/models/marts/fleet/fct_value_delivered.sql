with costs as (
    select * from {{ ref('fct_service_costs') }}
),

parts_and_rentals as (
    select * from {{ ref('fct_parts_and_rentals') }}
),

rules as (
    select * from {{ ref('int_fleet_rules_gathered') }}
),

downtime as (
    select
        organization_id,
        scope_id as client_id,
        opened_quarter as quarter,
        count(*) as orders,
        count(downtime_hours) as orders_with_downtime,
        sum(downtime_hours) as downtime_hours
    from {{ in_both_scopes(ref('int_service_orders_classified')) }} as int_service_orders_classified
    where is_service
    group by organization_id, scope_id, opened_quarter
),

orders_covered as (
    select * from {{ ref('int_fleet_streams_covered') }}
    where stream = 'service_orders'
),

-- Where the orders of a quarter were not read, nothing is known of its downtime.
recorded as (
    select
        costs.organization_id,
        costs.client_id,
        costs.quarter,
        orders_covered.reason,
        case when orders_covered.is_covered then downtime.downtime_hours end as downtime_hours,
        case when orders_covered.is_covered then coalesce(downtime.orders_with_downtime, 0) end as orders_with_downtime,
        case
            when orders_covered.is_covered then coalesce(downtime.orders - downtime.orders_with_downtime, 0)
        end as orders_without_downtime
    from costs
    inner join orders_covered
        on
            costs.organization_id = orders_covered.organization_id
            and costs.quarter = orders_covered.quarter
    left join downtime
        on
            costs.organization_id = downtime.organization_id
            and costs.client_id = downtime.client_id
            and costs.quarter = downtime.quarter
),

joined as (
    select
        costs.organization_id,
        costs.client_id,
        costs.quarter,
        costs.is_complete,
        -- Parts on service orders are parts; the rest of those orders is service and labour. Each stands once.
        -- Where nobody tells them apart their sum is known all the same.
        costs.total_spend - costs.parts_spend as service_and_labor_spend,
        costs.parts_spend + parts_and_rentals.parts_over_the_counter as parts_spend,
        parts_and_rentals.rental_spend,
        costs.total_spend + parts_and_rentals.parts_over_the_counter + parts_and_rentals.rental_spend as total_spend,
        costs.parts_reason as service_and_labor_spend_reason,
        costs.reason as service_reason,
        parts_and_rentals.parts_over_the_counter_reason as parts_reason,
        parts_and_rentals.rental_spend_reason,
        costs.units,
        costs.planned_cost,
        costs.cost_per_unit_reason as units_reason,
        recorded.reason as downtime_covered_reason,
        recorded.downtime_hours,
        recorded.orders_with_downtime,
        recorded.orders_without_downtime,
        last_year.downtime_hours as downtime_hours_last_year,
        rules.scheduled_hours_per_quarter,
        rules.savings_rate,
        least(costs.freshest_at, parts_and_rentals.freshest_at) as freshest_at
    from costs
    inner join parts_and_rentals
        on
            costs.organization_id = parts_and_rentals.organization_id
            and costs.client_id = parts_and_rentals.client_id
            and costs.quarter = parts_and_rentals.quarter
    inner join recorded
        on
            costs.organization_id = recorded.organization_id
            and costs.client_id = recorded.client_id
            and costs.quarter = recorded.quarter
    inner join rules on costs.organization_id = rules.organization_id
    left join recorded as last_year
        on
            costs.organization_id = last_year.organization_id
            and costs.client_id = last_year.client_id
            and last_year.quarter = (left(costs.quarter, 4)::integer - 1) || right(costs.quarter, 3)
),

explained as (
    select
        *,
        case
            when downtime_covered_reason is not null then downtime_covered_reason
            when orders_with_downtime = 0 then 'No service order of the quarter records downtime.'
        end as downtime_reason,
        nullif(
            concat_ws(
                ' ',
                service_and_labor_spend_reason,
                case when parts_reason is distinct from service_and_labor_spend_reason then parts_reason end
            ),
            ''
        ) as parts_spend_reason,
        nullif(
            concat_ws(
                ' ',
                service_reason,
                case when parts_reason is distinct from service_reason then parts_reason end,
                rental_spend_reason
            ),
            ''
        ) as total_spend_reason
    from joined
),

delivered as (
    select
        organization_id,
        client_id,
        quarter,
        is_complete,
        service_and_labor_spend,
        parts_spend,
        rental_spend,
        total_spend,
        service_and_labor_spend_reason,
        parts_spend_reason,
        rental_spend_reason,
        total_spend_reason,
        downtime_hours,
        orders_with_downtime,
        orders_without_downtime,
        downtime_reason,
        -- A part of a quarter is not compared with a whole one.
        case when is_complete then downtime_hours_last_year - downtime_hours end as downtime_hours_avoided,
        case
            when downtime_reason is not null then downtime_reason
            when downtime_hours_last_year is null then 'No downtime is known of the same quarter of last year.'
            when not is_complete then 'The quarter is still running.'
        end as downtime_avoided_reason,
        units * scheduled_hours_per_quarter as scheduled_hours,
        case
            when is_complete and downtime_reason is null
                then {{ round_half_even(
                    '1 - ' ~ safe_divide('downtime_hours', '(units * scheduled_hours_per_quarter)'), 4
                ) }}
        end as uptime,
        case
            when downtime_reason is not null then downtime_reason
            when units is null then units_reason
            when units = 0 then 'No machine was active at the end of the quarter.'
            when not is_complete then 'The quarter is still running.'
        end as uptime_reason,
        {{ round_half_even('planned_cost * savings_rate', 2) }} as estimated_savings,
        case
            when savings_rate is not null
                then 'assumption: ' || trim_scale(savings_rate * 100) || ' % of planned maintenance'
        end as estimated_savings_label,
        case
            when savings_rate is null then 'No savings rate was agreed with the customer.'
            when planned_cost is null
                then coalesce(service_reason, 'No order of planned maintenance has an amount.')
        end as estimated_savings_reason,
        freshest_at
    from explained
)

select * from delivered
