{{ config(unique_key=['organization_id', 'class_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'classes')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as class_id,
        fields."Name" as class_name,
        fields."FullyQualifiedName" as fully_qualified_name,
        fields."SubClass" as is_sub_class,
        fields."ParentRef" ->> 'value' as parent_class_id,
        fields."Active" as is_active,
        (fields."MetaData" ->> 'CreateTime')::timestamptz as created_at,
        (fields."MetaData" ->> 'LastUpdatedTime')::timestamptz as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "Name" text,
        "FullyQualifiedName" text,
        "SubClass" boolean,
        "ParentRef" jsonb,
        "Active" boolean,
        "MetaData" jsonb
    )
)

select * from renamed
