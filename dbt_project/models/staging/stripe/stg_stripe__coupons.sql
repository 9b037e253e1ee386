{{ config(unique_key=['organization_id', 'coupon_id']) }}

with source as (
    {{ changed_records(source('stripe', 'coupons')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as coupon_id,
        fields.name as coupon_name,
        fields.percent_off,
        {{ amount_in_major_units('fields.amount_off', 'fields.currency') }} as amount_off,
        upper(fields.currency) as currency,
        fields.duration,
        fields.duration_in_months,
        fields.applies_to -> 'products' as applies_to_products,
        fields.times_redeemed,
        fields.valid as is_valid,
        {{ instant_from_epoch('fields.created') }} as created_at,
        fields.metadata,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        percent_off numeric,
        amount_off numeric,
        currency text,
        duration text,
        duration_in_months bigint,
        applies_to jsonb,
        times_redeemed bigint,
        valid boolean,
        created numeric,
        metadata jsonb
    )
)

select * from renamed
