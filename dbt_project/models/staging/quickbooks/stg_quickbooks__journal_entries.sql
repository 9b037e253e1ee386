{{ config(unique_key=['organization_id', 'journal_entry_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'journal_entries')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as journal_entry_id,
        fields."DocNumber" as doc_number,
        left(fields."TxnDate", 10)::date as journal_entry_date,
        fields."TotalAmt" as total_amount,
        fields."Adjustment" as is_adjustment,
        fields."CurrencyRef" ->> 'value' as currency,
        fields."ExchangeRate" as exchange_rate,
        fields."PrivateNote" as private_note,
        fields."Line" as lines,
        (fields."MetaData" ->> 'CreateTime')::timestamptz as created_at,
        (fields."MetaData" ->> 'LastUpdatedTime')::timestamptz as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "DocNumber" text,
        "TxnDate" text,
        "TotalAmt" numeric,
        "Adjustment" boolean,
        "CurrencyRef" jsonb,
        "ExchangeRate" numeric,
        "PrivateNote" text,
        "Line" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
