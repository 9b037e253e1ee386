{{ config(materialized='table') }}

with organizations as (
    select * from {{ ref('dim_organizations') }}
),

listed as (
    select
        organization_id,
        period,
        client_id,
        device_id,
        device_name,
        node_class,
        snapshot_date,
        snapshot_date as as_of_date,
        created_at,
        is_endpoint,
        is_seat,
        exclusion_reason,
        'collected' as method
    from {{ ref('int_device_months_counted') }}
    union all
    select
        organization_id,
        period,
        client_id,
        device_id,
        device_name,
        node_class,
        null::date as snapshot_date,
        last_day as as_of_date,
        created_at,
        is_endpoint,
        is_seat,
        exclusion_reason,
        'estimated' as method
    from {{ ref('int_device_months_estimated') }}
),

readings as (
    select * from {{ ref('int_device_reports_chosen') }}
),

systems as (
    select * from {{ ref('stg_ninjaone__operating_systems_daily') }}
    where is_deleted is not true
),

-- What a maker calls optional or a person has rejected is not lacking.
lacking as (
    select
        organization_id,
        device_id,
        snapshot_date,
        count(*) as patches
    from {{ ref('stg_ninjaone__os_patches_daily') }}
    where
        is_deleted is not true
        and lower(severity) in ('critical', 'important', 'security')
        and coalesce(upper(patch_status), '') <> 'REJECTED'
    group by organization_id, device_id, snapshot_date
),

-- Of several products one that works is enough.
antivirus as (
    select
        organization_id,
        device_id,
        snapshot_date,
        coalesce(bool_or(upper(product_state) = 'ON'), false) as is_on,
        coalesce(bool_or(upper(product_state) = 'ON' and lower(definition_status) = 'up-to-date'), false) as is_current
    from {{ ref('stg_ninjaone__antivirus_status_daily') }}
    where is_deleted is not true
    group by organization_id, device_id, snapshot_date
),

joined as (
    select
        listed.*,
        systems.os_name,
        systems.release_id,
        systems.device_id is not null as is_reporting,
        readings.systems_date,
        readings.patches_date,
        readings.antivirus_date,
        lacking.patches as lacking_patches,
        coalesce(antivirus.is_on, false) as is_on,
        coalesce(antivirus.is_current, false) as is_current,
        listed.as_of_date - (listed.created_at at time zone organizations.time_zone)::date as age_days
    from listed
    inner join organizations on listed.organization_id = organizations.organization_id
    left join readings
        on
            listed.organization_id = readings.organization_id
            and listed.period = readings.period
            and listed.method = 'collected'
    left join systems
        on
            listed.organization_id = systems.organization_id
            and listed.device_id = systems.device_id
            and readings.systems_date = systems.snapshot_date
    left join lacking
        on
            listed.organization_id = lacking.organization_id
            and listed.device_id = lacking.device_id
            and readings.patches_date = lacking.snapshot_date
    left join antivirus
        on
            listed.organization_id = antivirus.organization_id
            and listed.device_id = antivirus.device_id
            and readings.antivirus_date = antivirus.snapshot_date
),

-- Only a device whose agent tells its operating system would tell its patches and its antivirus.
described as (
    select
        joined.organization_id,
        joined.period,
        joined.client_id,
        joined.device_id,
        joined.device_name,
        joined.node_class,
        joined.snapshot_date,
        joined.is_endpoint,
        joined.is_seat,
        joined.exclusion_reason,
        joined.method,
        joined.created_at,
        joined.age_days,
        joined.os_name,
        joined.release_id as os_release,
        matched.product as os_product,
        matched.end_of_life_date as os_end_of_life_date,
        matched.end_of_life_date >= joined.as_of_date as is_os_supported,
        case when joined.systems_date is not null then joined.is_reporting end as is_reporting,
        case
            when joined.is_reporting and joined.patches_date is not null then coalesce(joined.lacking_patches, 0)
        end as lacking_patches,
        case when joined.is_reporting and joined.antivirus_date is not null then joined.is_on end as is_antivirus_on,
        case
            when joined.is_reporting and joined.antivirus_date is not null then joined.is_current
        end as is_antivirus_current
    from joined
    left join {{ ref('int_operating_systems_matched') }} as matched
        on
            joined.organization_id = matched.organization_id
            and joined.os_name = matched.os_name
            and coalesce(joined.release_id, '') = matched.release_id
)

select * from described
