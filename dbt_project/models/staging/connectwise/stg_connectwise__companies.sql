{{ config(unique_key=['organization_id', 'connectwise_company_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'companies')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as connectwise_company_id,
        fields.identifier as company_identifier,
        fields.name as company_name,
        fields.status ->> 'name' as company_status,
        fields.types as company_types,
        fields.territory ->> 'name' as territory,
        fields.city,
        fields.state,
        fields.website,
        fields."numberOfEmployees" as employees,
        nullif(left(fields."dateAcquired", 10), '')::date as acquired_date,
        source.deleted_at is not null or coalesce(fields."deletedFlag", false) as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        identifier text,
        name text,
        status jsonb,
        types jsonb,
        territory jsonb,
        city text,
        state text,
        website text,
        "numberOfEmployees" numeric,
        "dateAcquired" text,
        "deletedFlag" boolean
    )
)

select * from renamed
