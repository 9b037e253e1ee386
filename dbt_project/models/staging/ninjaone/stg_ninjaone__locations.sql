{{ config(unique_key=['organization_id', 'location_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'locations')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as location_id,
        fields."organizationId" as ninjaone_organization_id,
        fields.name as location_name,
        fields.address,
        fields.description,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        "organizationId" text,
        address text,
        description text
    )
)

select * from renamed
