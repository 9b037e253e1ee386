{{ config(unique_key=['organization_id', 'transfer_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'transfers')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as transfer_id,
        left(fields."TxnDate", 10)::date as transfer_date,
        fields."FromAccountRef" ->> 'value' as from_account_id,
        fields."ToAccountRef" ->> 'value' as to_account_id,
        fields."Amount" as amount,
        fields."CurrencyRef" ->> 'value' as currency,
        fields."PrivateNote" as private_note,
        (fields."MetaData" ->> 'CreateTime')::timestamptz as created_at,
        (fields."MetaData" ->> 'LastUpdatedTime')::timestamptz as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "TxnDate" text,
        "FromAccountRef" jsonb,
        "ToAccountRef" jsonb,
        "Amount" numeric,
        "CurrencyRef" jsonb,
        "PrivateNote" text,
        "MetaData" jsonb
    )
)

select * from renamed
