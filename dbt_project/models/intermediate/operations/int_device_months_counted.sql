with snapshots as (
    select * from {{ ref('int_device_snapshots_chosen') }}
    where snapshot_date is not null
),

devices as (
    select * from {{ ref('stg_ninjaone__devices_daily') }}
    where is_deleted is not true
),

ninjaone_organizations as (
    select * from {{ ref('stg_ninjaone__organizations') }}
),

locations as (
    select * from {{ ref('stg_ninjaone__locations') }}
),

rules as (
    select * from {{ ref('int_rules_gathered') }}
),

client_links as (
    select * from {{ source('app', 'client_links') }}
    where source = 'ninjaone'
),

described as (
    select
        snapshots.organization_id,
        snapshots.period,
        snapshots.snapshot_date,
        coalesce(client_links.client_id, 'unassigned') as client_id,
        devices.device_id,
        coalesce(devices.display_name, devices.system_name, devices.dns_name) as device_name,
        devices.node_class,
        devices.created_at,
        devices.ninjaone_organization_id,
        lower(btrim(ninjaone_organizations.ninjaone_organization_name)) as compared_organization,
        lower(concat_ws(' | ', coalesce(devices.display_name, devices.system_name), locations.location_name))
            as compared_names,
        lower(devices.node_class) as compared_class,
        -- NinjaOne also marks a guest by a coarser kind, whatever class the agent inside it reports.
        case lower(devices.device_type) when 'vmguest' then 'vmware_vm_guest' else lower(devices.device_type) end
            as compared_type
    from snapshots
    inner join devices
        on
            snapshots.organization_id = devices.organization_id
            and snapshots.snapshot_date = devices.snapshot_date
    left join ninjaone_organizations
        on
            devices.organization_id = ninjaone_organizations.organization_id
            and devices.ninjaone_organization_id = ninjaone_organizations.ninjaone_organization_id
    left join locations
        on
            devices.organization_id = locations.organization_id
            and devices.location_id = locations.location_id
    left join client_links
        on
            devices.organization_id = client_links.organization_id
            and devices.ninjaone_organization_id = client_links.source_client_id
),

-- One reason is enough and one is kept, so a device left out for two reasons is left out once.
ruled as (
    select
        described.*,
        rules.seat_device_classes,
        case
            when
                described.compared_organization = any(rules.excluded_ninjaone_organizations)
                or described.ninjaone_organization_id = any(rules.excluded_ninjaone_organizations)
                then 'excluded_organization'
            when
                described.compared_class = any(rules.excluded_device_classes)
                or described.compared_type = any(rules.excluded_device_classes)
                then 'excluded_device_class'
            when
                exists (
                    select 1 from unnest(rules.spare_words) as words (word)
                    where position(words.word in described.compared_names) > 0
                )
                then 'spare'
        end as exclusion_reason
    from described
    inner join rules on described.organization_id = rules.organization_id
),

counted as (
    select
        organization_id,
        period,
        client_id,
        device_id,
        device_name,
        node_class,
        created_at,
        snapshot_date,
        exclusion_reason is null as is_endpoint,
        exclusion_reason is null and coalesce(compared_class = any(seat_device_classes), false) as is_seat,
        exclusion_reason
    from ruled
)

select * from counted
