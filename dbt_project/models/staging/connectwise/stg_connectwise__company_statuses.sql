{{ config(unique_key=['organization_id', 'company_status_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'company_statuses')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as company_status_id,
        fields.name as company_status_name,
        fields."defaultFlag" as is_default,
        fields."inactiveFlag" as is_inactive,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        "defaultFlag" boolean,
        "inactiveFlag" boolean
    )
)

select * from renamed
