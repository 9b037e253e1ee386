{{ config(unique_key=['organization_id', 'alert_uid']) }}

with source as (
    {{ changed_records(source('ninjaone', 'alerts')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as alert_uid,
        fields."deviceId" as device_id,
        fields."sourceType" as source_type,
        fields."sourceConfigUid" as source_config_uid,
        fields."sourceName" as source_name,
        fields.subject,
        fields.message,
        fields.severity,
        fields.priority,
        fields."conditionHealthStatus" as condition_health_status,
        {{ instant_from_epoch('fields."createTime"') }} as created_at,
        {{ instant_from_epoch('fields."updateTime"') }} as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "deviceId" text,
        "sourceType" text,
        "sourceConfigUid" text,
        "sourceName" text,
        subject text,
        message text,
        severity text,
        priority text,
        "conditionHealthStatus" text,
        "createTime" numeric,
        "updateTime" numeric
    )
)

select * from renamed
