{{ config(materialized='table') }}

with quarters as (
    select * from {{ ref('int_fleet_quarters_listed') }}
    where client_id = 'all'
),

rules as (
    select * from {{ ref('int_fleet_rules_gathered') }}
),

machines as (
    select
        equipment.*,
        coalesce(links.client_id, 'unassigned') as client_id
    from {{ ref('stg_opsdb__equipment') }} as equipment
    left join {{ ref('int_database_clients_linked') }} as links
        on
            equipment.organization_id = links.organization_id
            and equipment.opsdb_customer_id = links.record_id
            and links.stream = 'customers'
    where not equipment.is_deleted
),

-- A machine of which nobody knows when it was bought was there, unless its model had not been made yet.
active as (
    select
        machines.*,
        quarters.quarter,
        quarters.measured_date,
        extract(year from age(quarters.measured_date, machines.acquired_date))::integer as whole_years
    from quarters
    inner join machines on quarters.organization_id = machines.organization_id
    where
        coalesce(
            machines.acquired_date <= quarters.measured_date,
            machines.model_year <= extract(year from quarters.measured_date),
            true
        )
        and coalesce(machines.retired_date > quarters.measured_date, true)
),

-- Years since the day of acquisition, and of the year that is running the part that is over.
anniversaries as (
    select
        *,
        (acquired_date + make_interval(years => whole_years))::date as last_anniversary,
        (acquired_date + make_interval(years => whole_years + 1))::date as next_anniversary
    from active
),

assessed as (
    select distinct on (anniversaries.organization_id, anniversaries.quarter, anniversaries.equipment_id)
        anniversaries.organization_id,
        anniversaries.quarter,
        anniversaries.equipment_id,
        assessments.source as assessment_source,
        assessments.assessed_date,
        assessments.condition,
        assessments.assessed_by,
        assessments.age_years as assessed_age_years,
        assessments.annual_maintenance_cost
    from anniversaries
    inner join {{ ref('int_assessments_gathered') }} as assessments
        on
            anniversaries.organization_id = assessments.organization_id
            and anniversaries.equipment_id = assessments.equipment_id
            and anniversaries.measured_date >= assessments.assessed_date
    order by
        anniversaries.organization_id asc,
        anniversaries.quarter asc,
        anniversaries.equipment_id asc,
        assessments.assessed_date desc,
        assessments.origin_rank desc,
        assessments.recorded_at desc nulls last,
        length(assessments.assessment_id) desc,
        assessments.assessment_id desc
),

aged as (
    select
        anniversaries.organization_id,
        anniversaries.quarter,
        anniversaries.equipment_id,
        anniversaries.client_id,
        anniversaries.make,
        anniversaries.model,
        anniversaries.serial_number,
        coalesce(nullif(btrim(anniversaries.equipment_type), ''), 'unknown') as equipment_type,
        case
            when lower(btrim(anniversaries.ownership)) = any(rules.owned) then 'owned'
            when lower(btrim(anniversaries.ownership)) = any(rules.leased) then 'leased'
            when lower(btrim(anniversaries.ownership)) = any(rules.rented) then 'rented'
            else 'unknown'
        end as ownership,
        anniversaries.is_under_contract,
        anniversaries.acquired_date,
        anniversaries.measured_date,
        coalesce(
            anniversaries.whole_years
            + (anniversaries.measured_date - anniversaries.last_anniversary)::numeric
            / (anniversaries.next_anniversary - anniversaries.last_anniversary),
            assessed.assessed_age_years
        ) as age_years,
        coalesce(assessed.condition, 'not_assessed') as condition,
        assessed.assessed_date,
        assessed.assessed_by,
        assessed.assessment_source,
        assessed.annual_maintenance_cost
    from anniversaries
    inner join rules on anniversaries.organization_id = rules.organization_id
    left join assessed
        on
            anniversaries.organization_id = assessed.organization_id
            and anniversaries.quarter = assessed.quarter
            and anniversaries.equipment_id = assessed.equipment_id
),

bucketed as (
    select
        *,
        case
            when age_years is null then 'unknown'
            when age_years < 3 then '0-2'
            when age_years < 6 then '3-5'
            when age_years < 9 then '6-8'
            when age_years < 12 then '9-11'
            else '12+'
        end as age_bucket
    from aged
)

select * from bucketed
