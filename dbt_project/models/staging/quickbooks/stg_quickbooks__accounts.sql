{{ config(unique_key=['organization_id', 'account_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'accounts')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as account_id,
        fields."Name" as account_name,
        fields."FullyQualifiedName" as fully_qualified_name,
        fields."SubAccount" as is_sub_account,
        fields."ParentRef" ->> 'value' as parent_account_id,
        fields."AcctNum" as account_number,
        fields."Description" as description,
        fields."Active" as is_active,
        fields."Classification" as classification,
        fields."AccountType" as account_type,
        fields."AccountSubType" as account_sub_type,
        fields."CurrentBalance" as current_balance,
        fields."CurrencyRef" ->> 'value' as currency,
        (fields."MetaData" ->> 'CreateTime')::timestamptz as created_at,
        (fields."MetaData" ->> 'LastUpdatedTime')::timestamptz as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "Name" text,
        "FullyQualifiedName" text,
        "SubAccount" boolean,
        "ParentRef" jsonb,
        "AcctNum" text,
        "Description" text,
        "Active" boolean,
        "Classification" text,
        "AccountType" text,
        "AccountSubType" text,
        "CurrentBalance" numeric,
        "CurrencyRef" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
