{{ config(unique_key=['organization_id', 'stripe_customer_id']) }}

with source as (
    {{ changed_records(source('stripe', 'customers')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as stripe_customer_id,
        fields.name as customer_name,
        fields.email,
        fields.description,
        upper(fields.currency) as currency,
        {{ amount_in_major_units('fields.balance', 'fields.currency') }} as balance,
        fields.delinquent as is_delinquent,
        fields.discount,
        {{ instant_from_epoch('fields.created') }} as created_at,
        fields.metadata,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        email text,
        description text,
        currency text,
        balance numeric,
        delinquent boolean,
        discount jsonb,
        created numeric,
        metadata jsonb
    )
)

select * from renamed
