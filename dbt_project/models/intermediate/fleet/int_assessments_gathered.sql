with rules as (
    select * from {{ ref('int_fleet_rules_gathered') }}
),

-- What people entered here and what the dealer's system holds; the origin decides between two of one day.
gathered as (
    select
        assessments.organization_id,
        'opsdb' as source,
        assessments.assessment_id,
        assessments.equipment_id,
        assessments.assessed_date,
        case
            when lower(btrim(assessments.condition)) = any(rules.good) then 'good'
            when lower(btrim(assessments.condition)) = any(rules.monitor) then 'monitor'
            when lower(btrim(assessments.condition)) = any(rules.replace) then 'replace'
            else 'unknown'
        end as condition,
        assessments.age_years,
        assessments.annual_maintenance_cost,
        assessments.assessed_by,
        assessments.notes,
        1 as origin_rank,
        null::timestamptz as recorded_at
    from {{ ref('stg_opsdb__condition_assessments') }} as assessments
    inner join rules on assessments.organization_id = rules.organization_id
    where not assessments.is_deleted
    union all
    select
        organization_id,
        'app' as source,
        assessment_id::text as assessment_id,
        equipment_id,
        assessed_on as assessed_date,
        condition,
        age_years,
        annual_maintenance_cost,
        assessed_by,
        notes,
        2 as origin_rank,
        recorded_at
    from {{ source('app', 'condition_assessments') }}
)

select * from gathered
