{{ config(unique_key=['organization_id', 'product_id']) }}

with source as (
    {{ changed_records(source('stripe', 'products')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as product_id,
        fields.name as product_name,
        fields.description,
        fields.active as is_active,
        fields.unit_label,
        {{ instant_from_epoch('fields.created') }} as created_at,
        {{ instant_from_epoch('fields.updated') }} as updated_at,
        fields.metadata,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        description text,
        active boolean,
        unit_label text,
        created numeric,
        updated numeric,
        metadata jsonb
    )
)

select * from renamed
