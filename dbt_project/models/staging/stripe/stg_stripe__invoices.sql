{{ config(unique_key=['organization_id', 'invoice_id']) }}

with source as (
    {{ changed_records(source('stripe', 'invoices')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as invoice_id,
        {{ stripe_id('fields.customer') }} as stripe_customer_id,
        fields.number as invoice_number,
        fields.status as invoice_status,
        upper(fields.currency) as currency,
        fields.billing_reason,
        fields.collection_method,
        coalesce(
            fields.parent #>> '{subscription_details,subscription}',
            {{ stripe_id('fields.subscription') }}
        ) as subscription_id,
        {{ amount_in_major_units('fields.subtotal', 'fields.currency') }} as subtotal,
        {{ amount_in_major_units('fields.total', 'fields.currency') }} as total,
        {{ amount_in_major_units('fields.total_excluding_tax', 'fields.currency') }} as total_excluding_tax,
        {{ amount_in_major_units('fields.amount_due', 'fields.currency') }} as amount_due,
        {{ amount_in_major_units('fields.amount_paid', 'fields.currency') }} as amount_paid,
        {{ amount_in_major_units('fields.amount_remaining', 'fields.currency') }} as amount_remaining,
        fields.attempt_count,
        {{ instant_from_epoch('fields.created') }} as created_at,
        {{ instant_from_epoch('fields.due_date') }} as due_at,
        {{ instant_from_epoch('fields.period_start') }} as period_started_at,
        {{ instant_from_epoch('fields.period_end') }} as period_ended_at,
        {{ instant_from_epoch("(fields.status_transitions ->> 'finalized_at')::numeric") }} as finalized_at,
        {{ instant_from_epoch("(fields.status_transitions ->> 'paid_at')::numeric") }} as paid_at,
        {{ instant_from_epoch("(fields.status_transitions ->> 'voided_at')::numeric") }} as voided_at,
        {{ instant_from_epoch(
            "(fields.status_transitions ->> 'marked_uncollectible_at')::numeric"
        ) }} as marked_uncollectible_at,
        {{ instant_from_epoch('fields.next_payment_attempt') }} as next_attempt_at,
        fields.metadata,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        customer jsonb,
        number text,
        status text,
        currency text,
        billing_reason text,
        collection_method text,
        parent jsonb,
        subscription jsonb,
        subtotal numeric,
        total numeric,
        total_excluding_tax numeric,
        amount_due numeric,
        amount_paid numeric,
        amount_remaining numeric,
        attempt_count bigint,
        created numeric,
        due_date numeric,
        period_start numeric,
        period_end numeric,
        status_transitions jsonb,
        next_payment_attempt numeric,
        metadata jsonb
    )
)

select * from renamed
