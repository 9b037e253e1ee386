{{ config(unique_key=['organization_id', 'device_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'operating_systems')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as device_id,
        fields.name as os_name,
        fields.manufacturer,
        fields.architecture,
        fields."buildNumber" as build_number,
        fields."releaseId" as release_id,
        fields.locale,
        fields."needsReboot" as is_reboot_needed,
        {{ instant_from_epoch('fields."lastBootTime"') }} as last_booted_at,
        {{ instant_from_epoch('fields.timestamp') }} as collected_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        manufacturer text,
        architecture text,
        "buildNumber" text,
        "releaseId" text,
        locale text,
        "needsReboot" boolean,
        "lastBootTime" numeric,
        timestamp numeric
    )
)

select * from renamed
