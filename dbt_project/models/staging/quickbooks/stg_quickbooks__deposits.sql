{{ config(unique_key=['organization_id', 'deposit_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'deposits')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as deposit_id,
        left(fields."TxnDate", 10)::date as deposit_date,
        fields."DepositToAccountRef" ->> 'value' as deposit_to_account_id,
        fields."TotalAmt" as total_amount,
        fields."CashBack" #>> '{AccountRef,value}' as cash_back_account_id,
        (fields."CashBack" ->> 'Amount')::numeric as cash_back_amount,
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
        "DepositToAccountRef" jsonb,
        "TotalAmt" numeric,
        "CashBack" jsonb,
        "CurrencyRef" jsonb,
        "ExchangeRate" numeric,
        "PrivateNote" text,
        "Line" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
