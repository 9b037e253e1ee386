{{ config(unique_key=['organization_id', 'credit_memo_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'credit_memos')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as credit_memo_id,
        fields."DocNumber" as doc_number,
        left(fields."TxnDate", 10)::date as credit_memo_date,
        fields."CustomerRef" ->> 'value' as quickbooks_customer_id,
        fields."TotalAmt" as total_amount,
        (fields."TxnTaxDetail" ->> 'TotalTax')::numeric as total_tax,
        fields."RemainingCredit" as remaining_credit,
        fields."Balance" as balance,
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
        "CustomerRef" jsonb,
        "TotalAmt" numeric,
        "RemainingCredit" numeric,
        "Balance" numeric,
        "TxnTaxDetail" jsonb,
        "CurrencyRef" jsonb,
        "ExchangeRate" numeric,
        "PrivateNote" text,
        "Line" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
