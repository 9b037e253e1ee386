{{ config(unique_key=['organization_id', 'user_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'users')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as user_id,
        fields.tenant_id,
        fields.profile_id,
        fields.status as user_status,
        fields.role as user_role,
        fields.environment,
        fields.is_active,
        fields.is_licensed,
        fields.created_at::timestamptz as created_at,
        fields.deactivated_at::timestamptz as deactivated_at,
        fields.reactivated_at::timestamptz as reactivated_at,
        source.deleted_at is not null as is_deleted,
        source.deleted_at,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        tenant_id text,
        profile_id text,
        status text,
        role text,
        environment text,
        is_active boolean,
        is_licensed boolean,
        created_at text,
        deactivated_at text,
        reactivated_at text
    )
)

select * from renamed
