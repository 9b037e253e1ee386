{{ config(unique_key=['organization_id', 'quickbooks_customer_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'customers')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as quickbooks_customer_id,
        fields."DisplayName" as customer_name,
        fields."CompanyName" as company_name,
        fields."FullyQualifiedName" as fully_qualified_name,
        fields."Job" as is_job,
        fields."ParentRef" ->> 'value' as parent_customer_id,
        fields."Active" as is_active,
        fields."Balance" as balance,
        fields."BalanceWithJobs" as balance_with_jobs,
        fields."PrimaryEmailAddr" ->> 'Address' as email,
        fields."CurrencyRef" ->> 'value' as currency,
        (fields."MetaData" ->> 'CreateTime')::timestamptz as created_at,
        (fields."MetaData" ->> 'LastUpdatedTime')::timestamptz as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "DisplayName" text,
        "CompanyName" text,
        "FullyQualifiedName" text,
        "Job" boolean,
        "ParentRef" jsonb,
        "Active" boolean,
        "Balance" numeric,
        "BalanceWithJobs" numeric,
        "PrimaryEmailAddr" jsonb,
        "CurrencyRef" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
