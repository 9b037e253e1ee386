{{ config(unique_key=['organization_id', 'payment_intent_id']) }}

with source as (
    {{ changed_records(source('stripe', 'payment_intents')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as payment_intent_id,
        {{ stripe_id('fields.customer') }} as stripe_customer_id,
        {{ stripe_id('fields.latest_charge') }} as latest_charge_id,
        fields.status as payment_status,
        upper(fields.currency) as currency,
        {{ amount_in_major_units('fields.amount', 'fields.currency') }} as amount,
        {{ amount_in_major_units('fields.amount_received', 'fields.currency') }} as amount_received,
        {{ instant_from_epoch('fields.created') }} as created_at,
        {{ instant_from_epoch('fields.canceled_at') }} as canceled_at,
        fields.metadata,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        customer jsonb,
        latest_charge jsonb,
        status text,
        currency text,
        amount numeric,
        amount_received numeric,
        created numeric,
        canceled_at numeric,
        metadata jsonb
    )
)

select * from renamed
