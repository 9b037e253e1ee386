with units as (
    select * from {{ ref('fct_fleet_units') }}
),

counted as (
    select
        organization_id,
        quarter,
        scope_id as client_id,
        equipment_type,
        count(*) as units
    from {{ in_both_scopes('units') }} as units
    group by organization_id, quarter, scope_id, equipment_type
),

ranked as (
    select
        *,
        row_number() over (
            partition by organization_id, client_id, quarter
            order by units desc, equipment_type asc
        ) as place
    from counted
),

-- Ten types under their own names, whatever is left under one; a type that is itself called so stays apart.
gathered as (
    select
        organization_id,
        client_id,
        quarter,
        least(place, 11)::integer as position,
        place > 10 as is_rest,
        case when place > 10 then 'other' else max(equipment_type) end as equipment_type,
        count(*)::integer as equipment_types,
        sum(units)::bigint as units
    from ranked
    group by organization_id, client_id, quarter, least(place, 11), place > 10
),

shared as (
    select
        organization_id,
        client_id,
        quarter,
        position,
        is_rest,
        equipment_type,
        equipment_types,
        units,
        {{ round_half_even(
            safe_divide('units', 'sum(units) over (partition by organization_id, client_id, quarter)'), 4
        ) }} as share
    from gathered
)

select * from shared
