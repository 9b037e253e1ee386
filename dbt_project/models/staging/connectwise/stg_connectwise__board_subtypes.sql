{{ config(unique_key=['organization_id', 'board_subtype_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'board_subtypes')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as board_subtype_id,
        fields.board ->> 'id' as board_id,
        fields.board ->> 'name' as board_name,
        fields.name as ticket_sub_type,
        fields."typeAssociationIds" as board_type_ids,
        fields."inactiveFlag" as is_inactive,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        board jsonb,
        name text,
        "typeAssociationIds" jsonb,
        "inactiveFlag" boolean
    )
)

select * from renamed
