{{ config(unique_key=['organization_id', 'survey_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'surveys')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as survey_id,
        fields.name as survey_name,
        fields."inactiveFlag" as is_inactive,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        "inactiveFlag" boolean
    )
)

select * from renamed
