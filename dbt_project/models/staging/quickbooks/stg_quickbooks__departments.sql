{{ config(unique_key=['organization_id', 'department_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'departments')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as department_id,
        fields."Name" as department_name,
        fields."FullyQualifiedName" as fully_qualified_name,
        fields."SubDepartment" as is_sub_department,
        fields."ParentRef" ->> 'value' as parent_department_id,
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
        "SubDepartment" boolean,
        "ParentRef" jsonb,
        "Active" boolean,
        "MetaData" jsonb
    )
)

select * from renamed
