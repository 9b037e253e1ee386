with quarters as (
    select * from {{ ref('int_fleet_quarters_listed') }}
),

units as (
    select * from {{ ref('int_fleet_units_assessed') }}
),

-- Assessments may be entered here alone: only a dealer's table that is mapped and was not read leaves a doubt.
covered as (
    select
        organization_id,
        quarter,
        max(reason) filter (where stream = 'equipment') as reason,
        max(reason) filter (where stream = 'condition_assessments' and is_in_use) as condition_reason,
        min(completed_as_of) filter (where stream = 'equipment' or is_in_use) as freshest_at
    from {{ ref('int_fleet_streams_covered') }}
    where stream in ('equipment', 'condition_assessments')
    group by organization_id, quarter
),

counted as (
    select
        organization_id,
        quarter,
        scope_id as client_id,
        count(*) as units,
        {%- for condition in ['good', 'monitor', 'replace', 'not_assessed'] %}
        count(*) filter (where condition = '{{ condition }}') as units_{{ condition }},
        {%- endfor %}
        count(*) filter (where condition = 'unknown') as units_condition_unknown,
        avg(age_years) as average_age_years,
        count(age_years) as units_age_known,
        count(*) filter (where age_bucket = '0-2') as units_age_0_to_2,
        count(*) filter (where age_bucket = '3-5') as units_age_3_to_5,
        count(*) filter (where age_bucket = '6-8') as units_age_6_to_8,
        count(*) filter (where age_bucket = '9-11') as units_age_9_to_11,
        count(*) filter (where age_bucket = '12+') as units_age_12_and_more,
        count(*) filter (where age_bucket = 'unknown') as units_age_unknown,
        count(*) filter (where condition in ('monitor', 'replace')) as units_attention,
        sum(annual_maintenance_cost) filter (where condition in ('monitor', 'replace')) as attention_annual_cost
    from {{ in_both_scopes('units') }} as units
    group by organization_id, quarter, scope_id
),

health as (
    select
        quarters.organization_id,
        quarters.client_id,
        quarters.quarter,
        quarters.measured_date,
        quarters.is_complete,
        case when covered.reason is null then coalesce(counted.units, 0) end as units,
        {%- for condition in ['good', 'monitor', 'replace', 'not_assessed', 'condition_unknown'] %}
        case
            when covered.reason is null and covered.condition_reason is null
                then coalesce(counted.units_{{ condition }}, 0)
        end as units_{{ condition }},
        {%- endfor %}
        case
            when covered.reason is null and covered.condition_reason is null then counted.attention_annual_cost
        end as attention_annual_cost,
        case
            when covered.reason is null then {{ round_half_even('counted.average_age_years', 1) }}
        end as average_age_years,
        {%- for bucket in ['known', '0_to_2', '3_to_5', '6_to_8', '9_to_11', '12_and_more', 'unknown'] %}
        case when covered.reason is null then coalesce(counted.units_age_{{ bucket }}, 0) end as units_age_{{ bucket }},
        {%- endfor %}
        covered.reason,
        coalesce(covered.reason, covered.condition_reason) as condition_reason,
        case
            when covered.reason is not null then covered.reason
            when covered.condition_reason is not null then covered.condition_reason
            when coalesce(counted.units_attention, 0) = 0
                then 'No machine is assessed as one to be watched or replaced.'
            when counted.attention_annual_cost is null
                then 'No assessment of the machines to be watched or replaced says what they cost a year.'
        end as attention_cost_reason,
        case
            when covered.reason is not null then covered.reason
            when coalesce(counted.units, 0) = 0 then 'No machine was active at the end of the quarter.'
            when counted.units_age_known = 0 then 'The age of none of the machines is known.'
        end as average_age_reason,
        covered.freshest_at
    from quarters
    inner join covered
        on
            quarters.organization_id = covered.organization_id
            and quarters.quarter = covered.quarter
    left join counted
        on
            quarters.organization_id = counted.organization_id
            and quarters.client_id = counted.client_id
            and quarters.quarter = counted.quarter
)

select * from health
