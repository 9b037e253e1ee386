{{ config(unique_key=['organization_id', 'purchase_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'purchases')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as purchase_id,
        fields."DocNumber" as doc_number,
        left(fields."TxnDate", 10)::date as purchase_date,
        fields."PaymentType" as payment_type,
        fields."AccountRef" ->> 'value' as paid_from_account_id,
        fields."EntityRef" ->> 'value' as entity_id,
        fields."EntityRef" ->> 'type' as entity_type,
        fields."Credit" as is_credit,
        fields."TotalAmt" as total_amount,
        (fields."TxnTaxDetail" ->> 'TotalTax')::numeric as total_tax,
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
        "PaymentType" text,
        "AccountRef" jsonb,
        "EntityRef" jsonb,
        "Credit" boolean,
        "TotalAmt" numeric,
        "TxnTaxDetail" jsonb,
        "CurrencyRef" jsonb,
        "ExchangeRate" numeric,
        "PrivateNote" text,
        "Line" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
