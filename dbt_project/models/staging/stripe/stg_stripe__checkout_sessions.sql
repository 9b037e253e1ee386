{{ config(unique_key=['organization_id', 'checkout_session_id']) }}

with source as (
    {{ changed_records(source('stripe', 'checkout_sessions')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as checkout_session_id,
        {{ stripe_id('fields.customer') }} as stripe_customer_id,
        {{ stripe_id('fields.subscription') }} as subscription_id,
        {{ stripe_id('fields.invoice') }} as invoice_id,
        {{ stripe_id('fields.payment_intent') }} as payment_intent_id,
        fields.mode,
        fields.status as session_status,
        fields.payment_status,
        upper(fields.currency) as currency,
        {{ amount_in_major_units('fields.amount_subtotal', 'fields.currency') }} as amount_subtotal,
        {{ amount_in_major_units('fields.amount_total', 'fields.currency') }} as amount_total,
        {{ instant_from_epoch('fields.created') }} as created_at,
        {{ instant_from_epoch('fields.expires_at') }} as expires_at,
        fields.metadata,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        customer jsonb,
        subscription jsonb,
        invoice jsonb,
        payment_intent jsonb,
        mode text,
        status text,
        payment_status text,
        currency text,
        amount_subtotal numeric,
        amount_total numeric,
        created numeric,
        expires_at numeric,
        metadata jsonb
    )
)

select * from renamed
