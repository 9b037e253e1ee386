{{ config(unique_key=['organization_id', 'schedule_entry_id']) }}

with source as (
    {{ changed_records(source('connectwise', 'schedule_entries')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as schedule_entry_id,
        fields.name as entry_name,
        fields.type ->> 'identifier' as entry_type,
        fields."objectId" as object_id,
        fields.member ->> 'identifier' as member_identifier,
        fields.status ->> 'name' as entry_status,
        nullif(fields."dateStart", '')::timestamptz as started_at,
        nullif(fields."dateEnd", '')::timestamptz as ended_at,
        fields.hours,
        fields."doneFlag" as is_done,
        fields."acknowledgedFlag" as is_acknowledged,
        fields."ownerFlag" as is_owner,
        fields."meetingFlag" as is_meeting,
        nullif(fields."closeDate", '')::timestamptz as closed_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        name text,
        type jsonb,
        "objectId" text,
        member jsonb,
        status jsonb,
        "dateStart" text,
        "dateEnd" text,
        hours numeric,
        "doneFlag" boolean,
        "acknowledgedFlag" boolean,
        "ownerFlag" boolean,
        "meetingFlag" boolean,
        "closeDate" text
    )
)

select * from renamed
