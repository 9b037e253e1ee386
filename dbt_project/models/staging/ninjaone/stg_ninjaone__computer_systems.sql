{{ config(unique_key=['organization_id', 'device_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'computer_systems')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as device_id,
        fields.name as computer_name,
        fields.manufacturer,
        fields.model,
        fields."serialNumber" as serial_number,
        fields."biosSerialNumber" as bios_serial_number,
        fields."chassisType" as chassis_type,
        fields.domain as domain_name,
        fields."domainRole" as domain_role,
        fields."numberOfProcessors" as processor_count,
        fields."totalPhysicalMemory" as memory_bytes,
        fields."virtualMachine" as is_virtual_machine,
        {{ instant_from_epoch('fields.timestamp') }} as collected_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        manufacturer text,
        model text,
        "serialNumber" text,
        "biosSerialNumber" text,
        "chassisType" text,
        domain text,
        "domainRole" text,
        "numberOfProcessors" bigint,
        "totalPhysicalMemory" bigint,
        "virtualMachine" boolean,
        timestamp numeric
    )
)

select * from renamed
