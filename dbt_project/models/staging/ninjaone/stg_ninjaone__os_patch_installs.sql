{{ config(unique_key=['organization_id', 'os_patch_install_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'os_patch_installs')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as os_patch_install_id,
        fields."deviceId" as device_id,
        fields.id as os_patch_id,
        fields.name as os_patch_name,
        fields."kbNumber" as kb_number,
        fields.severity,
        fields.type as patch_type,
        fields.status as install_status,
        {{ instant_from_epoch('fields."installedAt"') }} as installed_at,
        {{ instant_from_epoch('fields.timestamp') }} as collected_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "deviceId" text,
        id text,
        name text,
        "kbNumber" text,
        severity text,
        type text,
        status text,
        "installedAt" numeric,
        timestamp numeric
    )
)

select * from renamed
