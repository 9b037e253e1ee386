{{ config(unique_key=['organization_id', 'dispute_id']) }}

with source as (
    {{ changed_records(source('stripe', 'disputes')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as dispute_id,
        {{ stripe_id('fields.charge') }} as charge_id,
        {{ stripe_id('fields.payment_intent') }} as payment_intent_id,
        fields.status as dispute_status,
        fields.reason,
        upper(fields.currency) as currency,
        {{ amount_in_major_units('fields.amount', 'fields.currency') }} as amount,
        {{ instant_from_epoch('fields.created') }} as created_at,
        fields.metadata,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        charge jsonb,
        payment_intent jsonb,
        status text,
        reason text,
        currency text,
        amount numeric,
        created numeric,
        metadata jsonb
    )
)

select * from renamed
