{{ config(unique_key=['organization_id', 'subscription_id']) }}

with source as (
    {{ changed_records(source('stripe', 'subscriptions')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as subscription_id,
        {{ stripe_id('fields.customer') }} as stripe_customer_id,
        fields.status as subscription_status,
        upper(fields.currency) as currency,
        fields.collection_method,
        {{ instant_from_epoch(
            "coalesce((fields.items #>> '{data,0,current_period_start}')::numeric, fields.current_period_start)"
        ) }} as current_period_started_at,
        {{ instant_from_epoch(
            "coalesce((fields.items #>> '{data,0,current_period_end}')::numeric, fields.current_period_end)"
        ) }} as current_period_ended_at,
        {{ instant_from_epoch('fields.start_date') }} as started_at,
        {{ instant_from_epoch('fields.trial_start') }} as trial_started_at,
        {{ instant_from_epoch('fields.trial_end') }} as trial_ended_at,
        {{ instant_from_epoch('fields.cancel_at') }} as cancels_at,
        fields.cancel_at_period_end as is_canceled_at_period_end,
        {{ instant_from_epoch('fields.canceled_at') }} as canceled_at,
        {{ instant_from_epoch('fields.ended_at') }} as ended_at,
        fields.pause_collection ->> 'behavior' as pause_behavior,
        coalesce(fields.discounts, nullif(jsonb_build_array(fields.discount), '[null]')) as discounts,
        {{ stripe_id('fields.latest_invoice') }} as latest_invoice_id,
        {{ instant_from_epoch('fields.created') }} as created_at,
        fields.metadata,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        customer jsonb,
        status text,
        currency text,
        collection_method text,
        items jsonb,
        current_period_start numeric,
        current_period_end numeric,
        start_date numeric,
        trial_start numeric,
        trial_end numeric,
        cancel_at numeric,
        cancel_at_period_end boolean,
        canceled_at numeric,
        ended_at numeric,
        pause_collection jsonb,
        discounts jsonb,
        discount jsonb,
        latest_invoice jsonb,
        created numeric,
        metadata jsonb
    )
)

select * from renamed
