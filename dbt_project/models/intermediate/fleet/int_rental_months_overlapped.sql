with rentals as (
    select * from {{ ref('stg_opsdb__rentals') }}
    where not is_deleted
),

rules as (
    select * from {{ ref('int_fleet_rules_gathered') }}
),

organizations as (
    select * from {{ ref('dim_organizations') }}
),

months as (
    select
        periods.organization_id,
        periods.period,
        periods.quarter,
        to_date(periods.period, 'YYYY-MM') as first_date,
        -- A day that has not come is nobody's rental yet.
        least(
            (to_date(periods.period, 'YYYY-MM') + interval '1 month')::date - 1,
            (organizations.as_of at time zone organizations.time_zone)::date
        ) as last_date
    from {{ ref('dim_periods') }} as periods
    inner join organizations on periods.organization_id = organizations.organization_id
),

-- What a day of it costs: its part of what was billed for all of it, else the daily rate. A machine that is still out
-- was not billed for all of it.
priced as (
    select
        rentals.organization_id,
        rentals.rental_id,
        coalesce(links.client_id, 'unassigned') as client_id,
        rentals.equipment_id,
        rentals.started_date,
        rentals.ended_date,
        case
            when rentals.ended_date is not null and rentals.billed_amount is not null then rentals.billed_amount
            else rentals.daily_rate
        end as amount,
        case
            when rentals.ended_date is not null and rentals.billed_amount is not null
                then rentals.ended_date - rentals.started_date + 1
            else 1
        end as days_paid
    from rentals
    inner join rules on rentals.organization_id = rules.organization_id
    left join {{ ref('int_database_clients_linked') }} as links
        on
            rentals.organization_id = links.organization_id
            and rentals.opsdb_customer_id = links.record_id
            and links.stream = 'customers'
    where
        not coalesce(lower(btrim(rentals.rental_status)) = any(rules.void_statuses), false)
        and coalesce(rentals.ended_date >= rentals.started_date, true)
),

-- Both the first and the last day count.
overlapped as (
    select
        priced.organization_id,
        priced.rental_id,
        priced.client_id,
        priced.equipment_id,
        months.period,
        months.quarter,
        priced.amount,
        priced.days_paid,
        least(coalesce(priced.ended_date, months.last_date), months.last_date)
        - greatest(priced.started_date, months.first_date) + 1 as days
    from priced
    inner join months
        on
            priced.organization_id = months.organization_id
            and priced.started_date <= months.last_date
            and coalesce(priced.ended_date, months.last_date) >= months.first_date
)

select
    organization_id,
    rental_id,
    client_id,
    equipment_id,
    period,
    quarter,
    days,
    amount * days / days_paid as amount
from overlapped
