{{ config(unique_key=['organization_id', 'invoice_line_id']) }}

with source as (
    {{ changed_records(source('stripe', 'invoice_lines')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as invoice_line_id,
        fields.invoice as invoice_id,
        fields.description,
        upper(fields.currency) as currency,
        {{ amount_in_major_units('fields.amount', 'fields.currency') }} as amount,
        {{ amount_in_major_units('fields.subtotal', 'fields.currency') }} as subtotal,
        fields.quantity,
        {{ instant_from_epoch("(fields.period ->> 'start')::numeric") }} as period_started_at,
        {{ instant_from_epoch("(fields.period ->> 'end')::numeric") }} as period_ended_at,
        coalesce(
            {{ stripe_id("fields.pricing #> '{price_details,price}'") }},
            {{ stripe_id('fields.price') }}
        ) as price_id,
        coalesce(
            {{ stripe_id("fields.pricing #> '{price_details,product}'") }},
            {{ stripe_id("fields.price -> 'product'") }}
        ) as product_id,
        coalesce(
            fields.parent #>> '{subscription_item_details,subscription}',
            {{ stripe_id('fields.subscription') }}
        ) as subscription_id,
        coalesce(
            fields.parent #>> '{subscription_item_details,subscription_item}',
            fields.subscription_item
        ) as subscription_item_id,
        coalesce(
            (fields.parent #>> '{subscription_item_details,proration}')::boolean,
            (fields.parent #>> '{invoice_item_details,proration}')::boolean,
            fields.proration
        ) as is_proration,
        fields.discount_amounts,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        invoice text,
        description text,
        amount numeric,
        subtotal numeric,
        currency text,
        quantity numeric,
        period jsonb,
        pricing jsonb,
        price jsonb,
        parent jsonb,
        subscription jsonb,
        subscription_item text,
        proration boolean,
        discount_amounts jsonb
    )
)

select * from renamed
