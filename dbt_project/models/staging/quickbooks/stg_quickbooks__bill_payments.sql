{{ config(unique_key=['organization_id', 'bill_payment_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'bill_payments')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as bill_payment_id,
        fields."DocNumber" as doc_number,
        left(fields."TxnDate", 10)::date as bill_payment_date,
        fields."VendorRef" ->> 'value' as vendor_id,
        fields."TotalAmt" as total_amount,
        fields."PayType" as pay_type,
        fields."CheckPayment" #>> '{BankAccountRef,value}' as bank_account_id,
        fields."CreditCardPayment" #>> '{CCAccountRef,value}' as card_account_id,
        fields."APAccountRef" ->> 'value' as payable_account_id,
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
        "VendorRef" jsonb,
        "TotalAmt" numeric,
        "PayType" text,
        "CheckPayment" jsonb,
        "CreditCardPayment" jsonb,
        "APAccountRef" jsonb,
        "CurrencyRef" jsonb,
        "ExchangeRate" numeric,
        "PrivateNote" text,
        "Line" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
