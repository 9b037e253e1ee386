with systems as (
    select
        organization_id,
        os_name,
        coalesce(release_id, '') as release_id
    from {{ ref('stg_ninjaone__operating_systems_daily') }}
    where os_name is not null
    group by organization_id, os_name, coalesce(release_id, '')
),

-- The first line that fits decides, so an edition with its own dates stands before the product.
matched as (
    select distinct on (systems.organization_id, systems.os_name, systems.release_id)
        systems.organization_id,
        systems.os_name,
        systems.release_id,
        dates.product,
        dates.end_of_life_date
    from systems
    inner join {{ ref('os_end_of_life') }} as dates
        on
            lower(systems.os_name) ~ dates.name_pattern
            and (dates.release_id is null or lower(dates.release_id) = lower(systems.release_id))
    order by systems.organization_id, systems.os_name, systems.release_id, dates.position
)

select * from matched
