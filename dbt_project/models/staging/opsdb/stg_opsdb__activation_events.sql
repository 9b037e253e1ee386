{{ config(unique_key=['organization_id', 'activation_event_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'activation_events')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as activation_event_id,
        fields.user_id,
        fields.tenant_id,
        fields.environment,
        fields.event_type,
        fields.occurred_at::timestamptz as occurred_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        user_id text,
        tenant_id text,
        environment text,
        event_type text,
        occurred_at text
    )
)

select * from renamed
