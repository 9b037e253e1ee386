{{ config(unique_key=['organization_id', 'subscription_item_id']) }}

with source as (
    {{ changed_records(source('stripe', 'subscription_items')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as subscription_item_id,
        {{ stripe_id('fields.subscription') }} as subscription_id,
        {{ stripe_id('fields.price') }} as price_id,
        {{ stripe_id("fields.price -> 'product'") }} as product_id,
        upper(fields.price ->> 'currency') as currency,
        {{ amount_in_major_units(
            "coalesce((fields.price ->> 'unit_amount_decimal')::numeric, (fields.price ->> 'unit_amount')::numeric)",
            "fields.price ->> 'currency'"
        ) }} as unit_amount,
        fields.price #>> '{recurring,interval}' as recurring_interval,
        (fields.price #>> '{recurring,interval_count}')::integer as recurring_interval_count,
        fields.price #>> '{recurring,usage_type}' as usage_type,
        fields.quantity,
        {{ instant_from_epoch('fields.current_period_start') }} as current_period_started_at,
        {{ instant_from_epoch('fields.current_period_end') }} as current_period_ended_at,
        fields.discounts,
        {{ instant_from_epoch('fields.created') }} as created_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        subscription jsonb,
        price jsonb,
        quantity numeric,
        current_period_start numeric,
        current_period_end numeric,
        discounts jsonb,
        created numeric
    )
)

select * from renamed
