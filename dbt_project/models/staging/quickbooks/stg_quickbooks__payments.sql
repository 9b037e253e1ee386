{{ config(unique_key=['organization_id', 'payment_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'payments')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as payment_id,
        left(fields."TxnDate", 10)::date as payment_date,
        fields."CustomerRef" ->> 'value' as quickbooks_customer_id,
        fields."TotalAmt" as total_amount,
        fields."UnappliedAmt" as unapplied_amount,
        fields."DepositToAccountRef" ->> 'value' as deposit_to_account_id,
        fields."ARAccountRef" ->> 'value' as receivable_account_id,
        fields."PaymentRefNum" as payment_reference,
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
        "TxnDate" text,
        "CustomerRef" jsonb,
        "TotalAmt" numeric,
        "UnappliedAmt" numeric,
        "DepositToAccountRef" jsonb,
        "PaymentRefNum" text,
        "ARAccountRef" jsonb,
        "CurrencyRef" jsonb,
        "ExchangeRate" numeric,
        "PrivateNote" text,
        "Line" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
