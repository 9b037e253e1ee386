{{ config(unique_key=['organization_id', 'equipment_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'equipment')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as equipment_id,
        fields.customer_id as opsdb_customer_id,
        fields.serial_number,
        fields.make,
        fields.model,
        fields.equipment_type,
        fields.ownership,
        fields.status as equipment_status,
        (fields.model_year)::integer as model_year,
        left(fields.acquired_on, 10)::date as acquired_date,
        left(fields.retired_on, 10)::date as retired_date,
        fields.hour_meter,
        fields.is_under_contract,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        customer_id text,
        serial_number text,
        make text,
        model text,
        equipment_type text,
        ownership text,
        status text,
        model_year bigint,
        acquired_on text,
        retired_on text,
        hour_meter numeric,
        is_under_contract boolean
    )
)

select * from renamed
