{{ config(unique_key=['organization_id', 'price_id']) }}

with source as (
    {{ changed_records(source('stripe', 'prices')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as price_id,
        {{ stripe_id('fields.product') }} as product_id,
        fields.active as is_active,
        fields.type as price_type,
        fields.billing_scheme,
        upper(fields.currency) as currency,
        {{ amount_in_major_units(
            'coalesce(fields.unit_amount_decimal, fields.unit_amount)', 'fields.currency'
        ) }} as unit_amount,
        fields.recurring ->> 'interval' as recurring_interval,
        (fields.recurring ->> 'interval_count')::integer as recurring_interval_count,
        fields.recurring ->> 'usage_type' as usage_type,
        fields.nickname,
        fields.lookup_key,
        fields.tiers,
        fields.tiers_mode,
        fields.transform_quantity,
        fields.tax_behavior,
        {{ instant_from_epoch('fields.created') }} as created_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        product jsonb,
        active boolean,
        type text,
        billing_scheme text,
        currency text,
        unit_amount numeric,
        unit_amount_decimal numeric,
        recurring jsonb,
        nickname text,
        lookup_key text,
        tiers jsonb,
        tiers_mode text,
        transform_quantity jsonb,
        tax_behavior text,
        created numeric
    )
)

select * from renamed
