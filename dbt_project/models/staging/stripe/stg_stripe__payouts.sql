{{ config(unique_key=['organization_id', 'payout_id']) }}

with source as (
    {{ changed_records(source('stripe', 'payouts')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as payout_id,
        fields.status as payout_status,
        fields.reconciliation_status,
        fields.automatic as is_automatic,
        {{ stripe_id('fields.balance_transaction') }} as balance_transaction_id,
        upper(fields.currency) as currency,
        {{ amount_in_major_units('fields.amount', 'fields.currency') }} as amount,
        fields.failure_code,
        {{ instant_from_epoch('fields.created') }} as created_at,
        {{ instant_from_epoch('fields.arrival_date') }} as arrives_at,
        fields.metadata,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        status text,
        reconciliation_status text,
        automatic boolean,
        balance_transaction jsonb,
        currency text,
        amount numeric,
        failure_code text,
        created numeric,
        arrival_date numeric,
        metadata jsonb
    )
)

select * from renamed
