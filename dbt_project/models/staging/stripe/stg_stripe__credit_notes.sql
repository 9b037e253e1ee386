{{ config(unique_key=['organization_id', 'credit_note_id']) }}

with source as (
    {{ changed_records(source('stripe', 'credit_notes')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as credit_note_id,
        fields.number as credit_note_number,
        {{ stripe_id('fields.invoice') }} as invoice_id,
        {{ stripe_id('fields.customer') }} as stripe_customer_id,
        fields.status as credit_note_status,
        fields.type as credit_note_type,
        fields.reason,
        upper(fields.currency) as currency,
        {{ amount_in_major_units('fields.amount', 'fields.currency') }} as amount,
        {{ amount_in_major_units('fields.total_excluding_tax', 'fields.currency') }} as total_excluding_tax,
        {{ instant_from_epoch('fields.created') }} as created_at,
        {{ instant_from_epoch('fields.voided_at') }} as voided_at,
        fields.metadata,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        number text,
        invoice jsonb,
        customer jsonb,
        status text,
        type text,
        reason text,
        currency text,
        amount numeric,
        total_excluding_tax numeric,
        created numeric,
        voided_at numeric,
        metadata jsonb
    )
)

select * from renamed
