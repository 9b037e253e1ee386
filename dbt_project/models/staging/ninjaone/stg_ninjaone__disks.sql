{{ config(unique_key=['organization_id', 'device_id', 'disk_name']) }}

with source as (
    {{ changed_records(source('ninjaone', 'disks')) }}
),

renamed as (
    select
        source.organization_id,
        fields."deviceId" as device_id,
        fields.name as disk_name,
        fields.model,
        fields."serialNumber" as serial_number,
        fields."interfaceType" as interface_type,
        fields."mediaType" as media_type,
        fields.status as disk_status,
        fields."smartCapable" as is_smart_capable,
        fields."partitionCount" as partition_count,
        fields.size as size_bytes,
        {{ instant_from_epoch('fields.timestamp') }} as collected_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "deviceId" text,
        name text,
        model text,
        "serialNumber" text,
        "interfaceType" text,
        "mediaType" text,
        status text,
        "smartCapable" boolean,
        "partitionCount" bigint,
        size bigint,
        timestamp numeric
    )
)

select * from renamed
