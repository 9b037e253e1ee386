{{ config(unique_key=['organization_id', 'node_role_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'node_roles')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as node_role_id,
        fields.name as node_role_name,
        fields."nodeClass" as node_class,
        fields."chassisType" as chassis_type,
        fields.custom as is_custom,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        "nodeClass" text,
        "chassisType" text,
        custom boolean
    )
)

select * from renamed
