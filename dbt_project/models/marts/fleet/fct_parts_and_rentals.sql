with quarters as (
    select * from {{ ref('int_fleet_quarters_listed') }}
),

covered as (
    select
        organization_id,
        quarter,
        max(reason) filter (where stream = 'parts_orders') as parts_reason,
        max(reason) filter (where stream = 'rentals') as rentals_reason,
        min(completed_as_of) as freshest_at
    from {{ ref('int_fleet_streams_covered') }}
    where stream in ('parts_orders', 'rentals')
    group by organization_id, quarter
),

parts as (
    select
        organization_id,
        scope_id as client_id,
        ordered_quarter as quarter,
        count(distinct parts_order_id) as parts_orders,
        count(*) as parts_lines,
        count(*) - count(amount) as lines_without_amount,
        sum(amount) as parts_spend,
        count(*) filter (where is_on_service_order) as lines_on_service_orders,
        sum(amount) filter (where is_on_service_order) as parts_on_service_orders,
        count(*) filter (where not is_on_service_order) as lines_over_the_counter,
        sum(amount) filter (where not is_on_service_order) as parts_over_the_counter
    from {{ in_both_scopes(ref('int_parts_lines_placed')) }} as int_parts_lines_placed
    group by organization_id, scope_id, ordered_quarter
),

rented as (
    select
        organization_id,
        scope_id as client_id,
        quarter,
        count(distinct rental_id) as active_rentals,
        count(distinct rental_id) filter (where amount is null) as rentals_without_amount,
        sum(days) as rental_days,
        sum(amount) as rental_spend
    from {{ in_both_scopes(ref('int_rental_months_overlapped')) }} as int_rental_months_overlapped
    group by organization_id, scope_id, quarter
),

summed as (
    select
        quarters.organization_id,
        quarters.client_id,
        quarters.quarter,
        quarters.is_complete,
        {%- for column in ['parts_orders', 'parts_lines', 'lines_without_amount'] %}
        case when covered.parts_reason is null then coalesce(parts.{{ column }}, 0) end as {{ column }},
        {%- endfor %}
        -- Lines of which none has an amount have an unknown cost, which is not none.
        {%- for column, lines in [
            ('parts_spend', 'parts_lines'),
            ('parts_on_service_orders', 'lines_on_service_orders'),
            ('parts_over_the_counter', 'lines_over_the_counter'),
        ] %}
        case
            when covered.parts_reason is not null then null
            when coalesce(parts.{{ lines }}, 0) = 0 then 0
            else parts.{{ column }}
        end as {{ column }},
        {%- endfor %}
        {%- for column in ['active_rentals', 'rental_days', 'rentals_without_amount'] %}
        case when covered.rentals_reason is null then coalesce(rented.{{ column }}, 0) end as {{ column }},
        {%- endfor %}
        case
            when covered.rentals_reason is not null then null
            when coalesce(rented.active_rentals, 0) = 0 then 0
            else {{ round_half_even('rented.rental_spend', 2) }}
        end as rental_spend,
        covered.parts_reason,
        coalesce(
            covered.parts_reason,
            case
                when parts.parts_lines > 0 and parts.parts_spend is null
                    then 'None of the lines of the parts orders has an amount.'
            end
        ) as parts_spend_reason,
        coalesce(
            covered.parts_reason,
            case
                when parts.lines_over_the_counter > 0 and parts.parts_over_the_counter is null
                    then 'None of the lines that stand on no service order has an amount.'
            end
        ) as parts_over_the_counter_reason,
        covered.rentals_reason,
        coalesce(
            covered.rentals_reason,
            case
                when rented.active_rentals > 0 and rented.rental_spend is null
                    then 'None of the rentals has an amount or a daily rate.'
            end
        ) as rental_spend_reason,
        covered.freshest_at
    from quarters
    inner join covered
        on
            quarters.organization_id = covered.organization_id
            and quarters.quarter = covered.quarter
    left join parts
        on
            quarters.organization_id = parts.organization_id
            and quarters.client_id = parts.client_id
            and quarters.quarter = parts.quarter
    left join rented
        on
            quarters.organization_id = rented.organization_id
            and quarters.client_id = rented.client_id
            and quarters.quarter = rented.quarter
)

select * from summed
