with costs as (
    select * from {{ ref('fct_service_costs') }}
),

delivered as (
    select * from {{ ref('fct_value_delivered') }}
),

places as (
    select position from generate_series(1, 4) as places (position)
),

-- The chosen quarter stands fourth; a quarter before the history has a row without figures.
chosen as (
    select
        costs.organization_id,
        costs.client_id,
        costs.quarter,
        places.position,
        to_char(
            make_date(left(costs.quarter, 4)::integer, right(costs.quarter, 1)::integer * 3 - 2, 1)
            - make_interval(months => 3 * (4 - places.position)),
            'YYYY-"Q"Q'
        ) as trend_quarter
    from costs
    cross join places
),

trends as (
    select
        chosen.organization_id,
        chosen.client_id,
        chosen.quarter,
        chosen.position,
        chosen.trend_quarter,
        right(chosen.trend_quarter, 2) || ' ' || left(chosen.trend_quarter, 4) as label,
        costs.total_spend as service_spend,
        costs.planned_cost,
        costs.unplanned_cost,
        costs.damage_cost,
        costs.other_cost,
        delivered.service_and_labor_spend,
        delivered.parts_spend,
        delivered.rental_spend,
        delivered.total_spend,
        case
            when costs.quarter is null then 'The quarter lies before the history of the organization.'
            else costs.reason
        end as service_reason,
        case
            when costs.quarter is null then 'The quarter lies before the history of the organization.'
            else delivered.service_and_labor_spend_reason
        end as split_reason,
        case
            when costs.quarter is null then 'The quarter lies before the history of the organization.'
            else delivered.total_spend_reason
        end as total_reason
    from chosen
    left join costs
        on
            chosen.organization_id = costs.organization_id
            and chosen.client_id = costs.client_id
            and chosen.trend_quarter = costs.quarter
    left join delivered
        on
            chosen.organization_id = delivered.organization_id
            and chosen.client_id = delivered.client_id
            and chosen.trend_quarter = delivered.quarter
)

select * from trends
