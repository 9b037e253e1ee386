{{ config(unique_key=['organization_id', 'promotion_code_id']) }}

with source as (
    {{ changed_records(source('stripe', 'promotion_codes')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as promotion_code_id,
        fields.code,
        {{ stripe_id("fields.promotion -> 'coupon'") }} as coupon_id,
        {{ stripe_id('fields.customer') }} as stripe_customer_id,
        fields.active as is_active,
        fields.times_redeemed,
        {{ instant_from_epoch('fields.expires_at') }} as expires_at,
        {{ instant_from_epoch('fields.created') }} as created_at,
        fields.metadata,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        code text,
        promotion jsonb,
        customer jsonb,
        active boolean,
        times_redeemed bigint,
        expires_at numeric,
        created numeric,
        metadata jsonb
    )
)

select * from renamed
