{#- The past of NinjaOne cannot be read again, so a warehouse from before a column keeps its rows, without it. -#}
{{ config(unique_key=['organization_id', 'device_id', 'snapshot_date'], on_schema_change='append_new_columns') }}

with source as (
    {{ changed_records(source('ninjaone', 'devices_daily')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as device_id,
        source.snapshot_date,
        fields.uid as device_uid,
        fields."organizationId" as ninjaone_organization_id,
        fields."locationId" as location_id,
        fields."nodeClass" as node_class,
        fields."deviceType" as device_type,
        fields."displayName" as display_name,
        fields."systemName" as system_name,
        fields."dnsName" as dns_name,
        fields."approvalStatus" as approval_status,
        fields.offline as is_offline,
        {{ instant_from_epoch('fields.created') }} as created_at,
        {{ instant_from_epoch('fields."lastContact"') }} as last_contact_at,
        {{ instant_from_epoch('fields."lastUpdate"') }} as last_updated_at,
        source.deleted_at is not null as is_deleted,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        uid text,
        "organizationId" text,
        "locationId" text,
        "nodeClass" text,
        "deviceType" text,
        "displayName" text,
        "systemName" text,
        "dnsName" text,
        "approvalStatus" text,
        offline boolean,
        created numeric,
        "lastContact" numeric,
        "lastUpdate" numeric
    )
)

select * from renamed
