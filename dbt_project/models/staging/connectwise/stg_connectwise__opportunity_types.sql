{{ config(unique_key=['organization_id', 'opportunity_type_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'opportunity_types')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as opportunity_type_id,
        fields.description as opportunity_type,
        fields."inactiveFlag" as is_inactive,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        description text,
        "inactiveFlag" boolean
    )
)

select * from renamed
