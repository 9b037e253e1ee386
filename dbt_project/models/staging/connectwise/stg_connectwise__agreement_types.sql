{{ config(unique_key=['organization_id', 'agreement_type_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'agreement_types')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as agreement_type_id,
        fields.name as agreement_type,
        fields."defaultFlag" as is_default,
        fields."inactiveFlag" as is_inactive,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        "defaultFlag" boolean,
        "inactiveFlag" boolean
    )
)

select * from renamed
