{{ config(unique_key=['organization_id', 'invoice_payment_id']) }}

with source as (
    {{ changed_records(source('stripe', 'invoice_payments')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as invoice_payment_id,
        {{ stripe_id('fields.invoice') }} as invoice_id,
        {{ stripe_id("fields.payment -> 'payment_intent'") }} as payment_intent_id,
        {{ stripe_id("fields.payment -> 'charge'") }} as charge_id,
        fields.status as payment_status,
        upper(fields.currency) as currency,
        {{ amount_in_major_units('fields.amount_requested', 'fields.currency') }} as amount_requested,
        {{ amount_in_major_units('fields.amount_paid', 'fields.currency') }} as amount_paid,
        fields.is_default,
        {{ instant_from_epoch('fields.created') }} as created_at,
        {{ instant_from_epoch("(fields.status_transitions ->> 'paid_at')::numeric") }} as paid_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        invoice jsonb,
        payment jsonb,
        status text,
        currency text,
        amount_requested numeric,
        amount_paid numeric,
        is_default boolean,
        created numeric,
        status_transitions jsonb
    )
)

select * from renamed
