{{ config(unique_key=['organization_id', 'vendor_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'vendors')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as vendor_id,
        fields."DisplayName" as vendor_name,
        fields."CompanyName" as company_name,
        fields."Active" as is_active,
        fields."Balance" as balance,
        fields."Vendor1099" as is_1099,
        fields."AcctNum" as account_number,
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
        "Active" boolean,
        "Balance" numeric,
        "Vendor1099" boolean,
        "AcctNum" text,
        "CurrencyRef" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
