{{ config(unique_key=['organization_id', 'board_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'boards')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as board_id,
        fields.name as board_name,
        fields."projectFlag" as is_project,
        fields."inactiveFlag" as is_inactive,
        fields.department ->> 'name' as department,
        fields.location ->> 'name' as location,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        "projectFlag" boolean,
        "inactiveFlag" boolean,
        department jsonb,
        location jsonb
    )
)

select * from renamed
