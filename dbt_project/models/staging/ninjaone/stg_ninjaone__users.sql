{{ config(unique_key=['organization_id', 'user_type', 'user_id']) }}

with source as (
    {{ changed_records(source('ninjaone', 'users')) }}
),

renamed as (
    select
        source.organization_id,
        fields."userType" as user_type,
        fields.id as user_id,
        fields.uid as user_uid,
        fields."organizationId" as ninjaone_organization_id,
        fields."firstName" as first_name,
        fields."lastName" as last_name,
        fields.email,
        fields.enabled as is_enabled,
        fields.administrator as is_administrator,
        fields."mfaConfigured" as has_mfa,
        fields."mustChangePw" as has_to_change_password,
        fields."invitationStatus" as invitation_status,
        fields.roles,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "userType" text,
        id text,
        uid text,
        "organizationId" text,
        "firstName" text,
        "lastName" text,
        email text,
        enabled boolean,
        administrator boolean,
        "mfaConfigured" boolean,
        "mustChangePw" boolean,
        "invitationStatus" text,
        roles jsonb
    )
)

select * from renamed
