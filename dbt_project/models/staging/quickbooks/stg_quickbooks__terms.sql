{{ config(unique_key=['organization_id', 'term_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'terms')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as term_id,
        fields."Name" as term_name,
        fields."Active" as is_active,
        fields."Type" as term_type,
        fields."DueDays" as due_days,
        (fields."MetaData" ->> 'CreateTime')::timestamptz as created_at,
        (fields."MetaData" ->> 'LastUpdatedTime')::timestamptz as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "Name" text,
        "Active" boolean,
        "Type" text,
        "DueDays" numeric,
        "MetaData" jsonb
    )
)

select * from renamed
