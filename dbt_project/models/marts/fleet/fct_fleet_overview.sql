with quarters as (
    select * from {{ ref('int_fleet_quarters_listed') }}
),

units as (
    select * from {{ ref('int_fleet_units_assessed') }}
),

covered as (
    select * from {{ ref('int_fleet_streams_covered') }}
    where stream = 'equipment'
),

counted as (
    select
        organization_id,
        quarter,
        scope_id as client_id,
        count(*) as units,
        count(*) filter (where ownership = 'owned') as units_owned,
        count(*) filter (where ownership = 'leased') as units_leased,
        count(*) filter (where ownership = 'rented') as units_rented,
        count(*) filter (where ownership = 'unknown') as units_ownership_unknown,
        count(*) filter (where is_under_contract) as units_under_contract,
        count(*) filter (where is_under_contract is null) as units_contract_unknown,
        count(distinct equipment_type) as equipment_types
    from {{ in_both_scopes('units') }} as units
    group by organization_id, quarter, scope_id
),

overview as (
    select
        quarters.organization_id,
        quarters.client_id,
        quarters.quarter,
        quarters.measured_date,
        quarters.is_complete,
        {%- for column in [
            'units', 'units_owned', 'units_leased', 'units_rented', 'units_ownership_unknown', 'units_under_contract',
            'units_contract_unknown', 'equipment_types'
        ] %}
        case when covered.is_covered then coalesce(counted.{{ column }}, 0) end as {{ column }},
        {%- endfor %}
        covered.reason,
        covered.completed_as_of as freshest_at
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

select * from overview
