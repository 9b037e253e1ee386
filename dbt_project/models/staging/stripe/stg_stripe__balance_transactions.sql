{{ config(unique_key=['organization_id', 'balance_transaction_id']) }}

with source as (
    {{ changed_records(source('stripe', 'balance_transactions')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as balance_transaction_id,
        {{ stripe_id('fields.source') }} as source_id,
        fields.type as transaction_type,
        fields.reporting_category,
        fields.status as transaction_status,
        upper(fields.currency) as currency,
        {{ amount_in_major_units('fields.amount', 'fields.currency') }} as amount,
        {{ amount_in_major_units('fields.fee', 'fields.currency') }} as fee,
        {{ amount_in_major_units('fields.net', 'fields.currency') }} as net,
        fields.exchange_rate,
        {{ instant_from_epoch('fields.created') }} as created_at,
        {{ instant_from_epoch('fields.available_on') }} as available_at,
        fields.description,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        source jsonb,
        type text,
        reporting_category text,
        status text,
        currency text,
        amount numeric,
        fee numeric,
        net numeric,
        exchange_rate numeric,
        created numeric,
        available_on numeric,
        description text
    )
)

select * from renamed
