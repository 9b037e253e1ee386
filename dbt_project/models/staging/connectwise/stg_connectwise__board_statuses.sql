{{ config(unique_key=['organization_id', 'board_status_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'board_statuses')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as board_status_id,
        fields.board ->> 'id' as board_id,
        fields.board ->> 'name' as board_name,
        fields.name as status_name,
        fields."closedStatus" as is_closed_status,
        fields.inactive as is_inactive,
        fields."sortOrder" as sort_order,
        fields."escalationStatus" as escalation_status,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        board jsonb,
        "closedStatus" boolean,
        inactive boolean,
        "sortOrder" numeric,
        "escalationStatus" text
    )
)

select * from renamed
