{{ config(unique_key=['organization_id', 'company_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'company_info')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as company_id,
        fields."CompanyName" as company_name,
        fields."LegalName" as legal_name,
        fields."Country" as country,
        fields."FiscalYearStartMonth" as fiscal_year_start_month,
        left(fields."CompanyStartDate", 10)::date as company_start_date,
        fields."DefaultTimeZone" as default_time_zone,
        fields."Email" ->> 'Address' as email,
        (fields."MetaData" ->> 'CreateTime')::timestamptz as created_at,
        (fields."MetaData" ->> 'LastUpdatedTime')::timestamptz as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "CompanyName" text,
        "LegalName" text,
        "Country" text,
        "FiscalYearStartMonth" text,
        "CompanyStartDate" text,
        "DefaultTimeZone" text,
        "Email" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
