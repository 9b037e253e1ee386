{#- The past of NinjaOne cannot be read again, so a warehouse from before a column keeps its rows, without it. -#}
{{ config(
    unique_key=['organization_id', 'device_id', 'product_name', 'snapshot_date'],
    on_schema_change='append_new_columns'
) }}

with source as (
    {{ changed_records(source('ninjaone', 'antivirus_status_daily')) }}
),

renamed as (
    select
        source.organization_id,
        fields."deviceId" as device_id,
        fields."productName" as product_name,
        source.snapshot_date,
        fields."productState" as product_state,
        fields."definitionStatus" as definition_status,
        fields.version as product_version,
        {{ instant_from_epoch('fields.timestamp') }} as collected_at,
        source.deleted_at is not null as is_deleted,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "deviceId" text,
        "productName" text,
        "productState" text,
        "definitionStatus" text,
        version text,
        timestamp numeric
    )
)

select * from renamed
