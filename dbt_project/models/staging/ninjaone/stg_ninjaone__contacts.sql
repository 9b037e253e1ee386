{{ config(unique_key=['organization_id', 'contact_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'contacts')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as contact_id,
        fields.uid as contact_uid,
        fields."organizationId" as ninjaone_organization_id,
        fields."firstName" as first_name,
        fields."lastName" as last_name,
        fields.email,
        fields.phone,
        fields."jobTitle" as job_title,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        uid text,
        "organizationId" text,
        "firstName" text,
        "lastName" text,
        email text,
        phone text,
        "jobTitle" text
    )
)

select * from renamed
