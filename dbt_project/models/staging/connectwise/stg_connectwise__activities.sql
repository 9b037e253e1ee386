{{ config(unique_key=['organization_id', 'activity_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'activities')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as activity_id,
        fields.name as activity_name,
        fields.type ->> 'name' as activity_type,
        fields.status ->> 'name' as activity_status,
        fields.company ->> 'id' as connectwise_company_id,
        fields.company ->> 'name' as company_name,
        fields.contact ->> 'id' as contact_id,
        fields.opportunity ->> 'id' as opportunity_id,
        fields."assignTo" ->> 'identifier' as assigned_to_identifier,
        fields."assignedBy" ->> 'identifier' as assigned_by_identifier,
        nullif(fields."dateStart", '')::timestamptz as started_at,
        coalesce(nullif(fields."dateEndUtc", ''), nullif(fields."dateEnd", ''))::timestamptz as ended_at,
        nullif(fields."dateClosedUtc", '')::timestamptz as closed_at,
        fields."closeFlag" as is_closed,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        type jsonb,
        status jsonb,
        company jsonb,
        contact jsonb,
        opportunity jsonb,
        "assignTo" jsonb,
        "assignedBy" jsonb,
        "dateStart" text,
        "dateEndUtc" text,
        "dateEnd" text,
        "dateClosedUtc" text,
        "closeFlag" boolean
    )
)

select * from renamed
