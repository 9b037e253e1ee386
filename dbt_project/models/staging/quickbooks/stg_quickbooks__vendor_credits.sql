{{ config(unique_key=['organization_id', 'vendor_credit_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'vendor_credits')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as vendor_credit_id,
        fields."DocNumber" as doc_number,
        left(fields."TxnDate", 10)::date as vendor_credit_date,
        fields."VendorRef" ->> 'value' as vendor_id,
        fields."TotalAmt" as total_amount,
        (fields."TxnTaxDetail" ->> 'TotalTax')::numeric as total_tax,
        fields."Balance" as balance,
        fields."APAccountRef" ->> 'value' as payable_account_id,
        fields."CurrencyRef" ->> 'value' as currency,
        fields."ExchangeRate" as exchange_rate,
        fields."PrivateNote" as private_note,
        fields."Line" as lines,
        fields."LinkedTxn" as linked_transactions,
        (fields."MetaData" ->> 'CreateTime')::timestamptz as created_at,
        (fields."MetaData" ->> 'LastUpdatedTime')::timestamptz as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "DocNumber" text,
        "TxnDate" text,
        "VendorRef" jsonb,
        "TotalAmt" numeric,
        "Balance" numeric,
        "APAccountRef" jsonb,
        "TxnTaxDetail" jsonb,
        "CurrencyRef" jsonb,
        "ExchangeRate" numeric,
        "PrivateNote" text,
        "Line" jsonb,
        "LinkedTxn" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
