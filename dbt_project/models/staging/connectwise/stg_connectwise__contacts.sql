{{ config(unique_key=['organization_id', 'contact_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'contacts')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as contact_id,
        fields."firstName" as first_name,
        fields."lastName" as last_name,
        fields.title,
        fields.company ->> 'id' as connectwise_company_id,
        fields.company ->> 'name' as company_name,
        fields.types as contact_types,
        fields."communicationItems" as communication_items,
        fields."defaultFlag" as is_default,
        fields."inactiveFlag" as is_inactive,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "firstName" text,
        "lastName" text,
        title text,
        company jsonb,
        types jsonb,
        "communicationItems" jsonb,
        "defaultFlag" boolean,
        "inactiveFlag" boolean
    )
)

select * from renamed
