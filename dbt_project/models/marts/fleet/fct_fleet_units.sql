select
    units.organization_id,
    units.quarter,
    units.equipment_id,
    units.client_id,
    units.make,
    units.model,
    units.serial_number,
    units.equipment_type,
    units.ownership,
    units.is_under_contract,
    units.acquired_date,
    units.measured_date,
    {{ round_half_even('units.age_years', 2) }} as age_years,
    units.age_bucket,
    units.condition,
    units.assessed_date,
    units.assessed_by,
    units.assessment_source,
    units.annual_maintenance_cost,
    units.condition in ('monitor', 'replace') as needs_attention
from {{ ref('int_fleet_units_assessed') }} as units
inner join {{ ref('int_fleet_streams_covered') }} as covered
    on
        units.organization_id = covered.organization_id
        and units.quarter = covered.quarter
        and covered.stream = 'equipment'
where covered.is_covered
