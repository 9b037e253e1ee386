with months as (
    select
        quarters.organization_id,
        quarters.client_id,
        periods.period,
        quarters.quarter,
        periods.is_complete,
        covered.reason,
        covered.completed_as_of
    from {{ ref('int_fleet_quarters_listed') }} as quarters
    inner join {{ ref('dim_periods') }} as periods
        on
            quarters.organization_id = periods.organization_id
            and quarters.quarter = periods.quarter
    inner join {{ ref('int_fleet_streams_covered') }} as covered
        on
            quarters.organization_id = covered.organization_id
            and quarters.quarter = covered.quarter
            and covered.stream = 'rentals'
),

rented as (
    select
        organization_id,
        scope_id as client_id,
        period,
        count(distinct rental_id) as active_rentals,
        sum(days) as rental_days,
        sum(amount) as rental_spend
    from {{ in_both_scopes(ref('int_rental_months_overlapped')) }} as int_rental_months_overlapped
    group by organization_id, scope_id, period
),

summed as (
    select
        months.organization_id,
        months.client_id,
        months.period,
        months.quarter,
        months.is_complete,
        case when months.reason is null then coalesce(rented.active_rentals, 0) end as active_rentals,
        case when months.reason is null then coalesce(rented.rental_days, 0) end as rental_days,
        case
            when months.reason is not null then null
            when coalesce(rented.active_rentals, 0) = 0 then 0
            else {{ round_half_even('rented.rental_spend', 2) }}
        end as rental_spend,
        months.reason,
        coalesce(
            months.reason,
            case
                when rented.active_rentals > 0 and rented.rental_spend is null
                    then 'None of the rentals has an amount or a daily rate.'
            end
        ) as rental_spend_reason,
        months.completed_as_of as freshest_at
    from months
    left join rented
        on
            months.organization_id = rented.organization_id
            and months.client_id = rented.client_id
            and months.period = rented.period
)

select * from summed
