{{ config(unique_key=['organization_id', 'opportunity_status_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'opportunity_statuses')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as opportunity_status_id,
        fields.name as opportunity_status,
        fields."wonFlag" as is_won,
        fields."lostFlag" as is_lost,
        fields."closedFlag" as is_closed,
        fields."defaultFlag" as is_default,
        fields."inactiveFlag" as is_inactive,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        "wonFlag" boolean,
        "lostFlag" boolean,
        "closedFlag" boolean,
        "defaultFlag" boolean,
        "inactiveFlag" boolean
    )
)

select * from renamed
