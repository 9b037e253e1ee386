{{ config(unique_key=['organization_id', 'device_id', 'volume_name']) }}

with source as (
    {{ changed_records(source('ninjaone', 'volumes')) }}
),

renamed as (
    select
        source.organization_id,
        fields."deviceId" as device_id,
        fields.name as volume_name,
        fields."driveLetter" as drive_letter,
        fields.label as volume_label,
        fields."deviceType" as volume_type,
        fields."fileSystem" as file_system,
        fields."serialNumber" as serial_number,
        fields."autoMount" as is_mounted_automatically,
        fields.compressed as is_compressed,
        fields.capacity as capacity_bytes,
        fields."freeSpace" as free_bytes,
        {{ instant_from_epoch('fields.timestamp') }} as collected_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "deviceId" text,
        name text,
        "driveLetter" text,
        label text,
        "deviceType" text,
        "fileSystem" text,
        "serialNumber" text,
        "autoMount" boolean,
        compressed boolean,
        capacity bigint,
        "freeSpace" bigint,
        timestamp numeric
    )
)

select * from renamed
