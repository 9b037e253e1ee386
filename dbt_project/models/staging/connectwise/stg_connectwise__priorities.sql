{{ config(unique_key=['organization_id', 'priority_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'priorities')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as priority_id,
        fields.name as priority_name,
        fields.level as priority_level,
        fields.color,
        fields."sortOrder" as sort_order,
        fields."defaultFlag" as is_default,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        level text,
        color text,
        "sortOrder" numeric,
        "defaultFlag" boolean
    )
)

select * from renamed
