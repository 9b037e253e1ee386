{{ config(unique_key=['organization_id', 'technician_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'technicians')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as technician_id,
        fields.uid as user_uid,
        fields."firstName" as first_name,
        fields."lastName" as last_name,
        fields.email,
        fields.enabled as is_enabled,
        fields.administrator as is_administrator,
        fields."notifyAllClients" as is_notified_of_all_clients,
        fields."authType" as authentication_type,
        fields."scimUser" as is_scim_user,
        fields."mfaConfigured" as has_mfa,
        fields."mustChangePw" as has_to_change_password,
        fields."invitationStatus" as invitation_status,
        fields.roles,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        uid text,
        "firstName" text,
        "lastName" text,
        email text,
        enabled boolean,
        administrator boolean,
        "notifyAllClients" boolean,
        "authType" text,
        "scimUser" boolean,
        "mfaConfigured" boolean,
        "mustChangePw" boolean,
        "invitationStatus" text,
        roles jsonb
    )
)

select * from renamed
