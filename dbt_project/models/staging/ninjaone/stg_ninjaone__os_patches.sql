{{ config(unique_key=['organization_id', 'device_id', 'os_patch_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'os_patches')) }}
),

renamed as (
    select
        source.organization_id,
        fields."deviceId" as device_id,
        fields.id as os_patch_id,
        fields.name as os_patch_name,
        fields."kbNumber" as kb_number,
        fields.severity,
        fields.type as patch_type,
        fields.status as patch_status,
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
        timestamp numeric
    )
)

select * from renamed
