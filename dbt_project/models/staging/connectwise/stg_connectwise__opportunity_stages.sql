{{ config(unique_key=['organization_id', 'opportunity_stage_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'opportunity_stages')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as opportunity_stage_id,
        fields.name as opportunity_stage,
        fields."sequenceNumber" as sort_order,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        "sequenceNumber" bigint
    )
)

select * from renamed
