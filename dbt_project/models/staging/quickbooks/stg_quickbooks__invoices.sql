{{ config(unique_key=['organization_id', 'invoice_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'invoices')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as invoice_id,
        fields."DocNumber" as doc_number,
        left(fields."TxnDate", 10)::date as invoice_date,
        left(fields."DueDate", 10)::date as due_date,
        fields."CustomerRef" ->> 'value' as quickbooks_customer_id,
        fields."TotalAmt" as total_amount,
        fields."Balance" as balance,
        (fields."TxnTaxDetail" ->> 'TotalTax')::numeric as total_tax,
        fields."CurrencyRef" ->> 'value' as currency,
        fields."ExchangeRate" as exchange_rate,
        fields."HomeTotalAmt" as home_total_amount,
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
        "DueDate" text,
        "CustomerRef" jsonb,
        "TotalAmt" numeric,
        "Balance" numeric,
        "TxnTaxDetail" jsonb,
        "CurrencyRef" jsonb,
        "ExchangeRate" numeric,
        "HomeTotalAmt" numeric,
        "PrivateNote" text,
        "Line" jsonb,
        "LinkedTxn" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
