{#- The past of NinjaOne cannot be read again, so a warehouse from before a column keeps its rows, without it. -#}
{{ config(unique_key=['organization_id', 'device_id', 'snapshot_date'], on_schema_change='append_new_columns') }}

with source as (
    {{ changed_records(source('ninjaone', 'device_health_daily')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as device_id,
        source.snapshot_date,
        fields."healthStatus" as health_status,
        fields.offline as is_offline,
        fields."parentDeviceId" as parent_device_id,
        fields."parentOffline" as is_parent_offline,
        fields."pendingRebootReason" as pending_reboot_reason,
        fields."avInstallStatus" as antivirus_install_status,
        fields."alertCount" as alert_count,
        fields."activeJobCount" as active_job_count,
        fields."activeThreatsCount" as active_threat_count,
        fields."quarantinedThreatsCount" as quarantined_threat_count,
        fields."blockedThreatsCount" as blocked_threat_count,
        fields."pendingOSPatchesCount" as pending_os_patch_count,
        fields."failedOSPatchesCount" as failed_os_patch_count,
        fields."pendingSoftwarePatchesCount" as pending_software_patch_count,
        fields."failedSoftwarePatchesCount" as failed_software_patch_count,
        fields."installationIssuesCount" as installation_issue_count,
        source.deleted_at is not null as is_deleted,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "healthStatus" text,
        offline boolean,
        "parentDeviceId" text,
        "parentOffline" boolean,
        "pendingRebootReason" text,
        "avInstallStatus" text,
        "alertCount" bigint,
        "activeJobCount" bigint,
        "activeThreatsCount" bigint,
        "quarantinedThreatsCount" bigint,
        "blockedThreatsCount" bigint,
        "pendingOSPatchesCount" bigint,
        "failedOSPatchesCount" bigint,
        "pendingSoftwarePatchesCount" bigint,
        "failedSoftwarePatchesCount" bigint,
        "installationIssuesCount" bigint
    )
)

select * from renamed
