{{ config(unique_key=['organization_id', 'device_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'backup_usage')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as device_id,
        fields."organizationId" as ninjaone_organization_id,
        (fields.references #>> '{backupUsage,revisionsCurrentSize}')::bigint as revisions_current_bytes,
        (fields.references #>> '{backupUsage,revisionsPreviousSize}')::bigint as revisions_previous_bytes,
        (fields.references #>> '{backupUsage,revisionsDeletedSize}')::bigint as revisions_deleted_bytes,
        (fields.references #>> '{backupUsage,revisionsTotalSize}')::bigint as revisions_total_bytes,
        (fields.references #>> '{backupUsage,localImageSize}')::bigint as local_image_bytes,
        (fields.references #>> '{backupUsage,localTotalSize}')::bigint as local_total_bytes,
        (fields.references #>> '{backupUsage,cloudImageSize}')::bigint as cloud_image_bytes,
        (fields.references #>> '{backupUsage,cloudTotalSize}')::bigint as cloud_total_bytes,
        {{ instant_from_epoch("(fields.references #>> '{backupUsage,lastSuccessfulBackupJob}')::numeric") }}
            as last_succeeded_at,
        {{ instant_from_epoch("(fields.references #>> '{backupUsage,lastFailedBackupJob}')::numeric") }}
            as last_failed_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "organizationId" text,
        "references" jsonb
    )
)

select * from renamed
