{{ config(unique_key=['organization_id', 'activity_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'activities')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as activity_id,
        {{ instant_from_epoch('fields."activityTime"') }} as occurred_at,
        fields."activityType" as activity_type,
        fields."statusCode" as status_code,
        fields.status,
        fields."activityResult" as activity_result,
        fields.severity,
        fields.priority,
        fields."deviceId" as device_id,
        fields."userId" as user_id,
        fields."seriesUid" as series_uid,
        fields."sourceConfigUid" as source_config_uid,
        fields."sourceName" as source_name,
        fields.subject,
        fields.message,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "activityTime" numeric,
        "activityType" text,
        "statusCode" text,
        status text,
        "activityResult" text,
        severity text,
        priority text,
        "deviceId" text,
        "userId" text,
        "seriesUid" text,
        "sourceConfigUid" text,
        "sourceName" text,
        subject text,
        message text
    )
)

select * from renamed
