{{ config(unique_key=['organization_id', 'charge_id']) }}

with source as (
    {{ changed_records(source('stripe', 'charges')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as charge_id,
        {{ stripe_id('fields.customer') }} as stripe_customer_id,
        {{ stripe_id('fields.payment_intent') }} as payment_intent_id,
        {{ stripe_id('fields.invoice') }} as invoice_id,
        fields.status as charge_status,
        upper(fields.currency) as currency,
        {{ amount_in_major_units('fields.amount', 'fields.currency') }} as amount,
        {{ amount_in_major_units('fields.amount_captured', 'fields.currency') }} as amount_captured,
        {{ amount_in_major_units('fields.amount_refunded', 'fields.currency') }} as amount_refunded,
        fields.paid as is_paid,
        fields.captured as is_captured,
        fields.refunded as is_refunded,
        fields.disputed as is_disputed,
        fields.failure_code,
        fields.failure_message,
        {{ instant_from_epoch('fields.created') }} as created_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        customer jsonb,
        payment_intent jsonb,
        invoice jsonb,
        status text,
        currency text,
        amount numeric,
        amount_captured numeric,
        amount_refunded numeric,
        paid boolean,
        captured boolean,
        refunded boolean,
        disputed boolean,
        failure_code text,
        failure_message text,
        created numeric
    )
)

select * from renamed
