{{ config(unique_key=['organization_id', 'board_type_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'board_types')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as board_type_id,
        fields.board ->> 'id' as board_id,
        fields.board ->> 'name' as board_name,
        fields.name as ticket_type,
        fields.category,
        fields.department ->> 'name' as department,
        fields."defaultFlag" as is_default,
        fields."requestForChangeFlag" as is_change_request,
        fields."inactiveFlag" as is_inactive,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        board jsonb,
        name text,
        category text,
        department jsonb,
        "defaultFlag" boolean,
        "requestForChangeFlag" boolean,
        "inactiveFlag" boolean
    )
)

select * from renamed
