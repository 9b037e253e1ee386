{{ config(unique_key=['organization_id', 'company_type_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'company_types')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as company_type_id,
        fields.name as company_type_name,
        fields."defaultFlag" as is_default,
        fields."vendorFlag" as is_vendor,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        "defaultFlag" boolean,
        "vendorFlag" boolean
    )
)

select * from renamed
