{{ config(unique_key=['organization_id', 'api_request_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'api_requests')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as api_request_id,
        fields.tenant_id,
        fields.user_id,
        fields.environment,
        fields.method as http_method,
        fields.route,
        fields.status_code,
        fields.latency_ms,
        fields.occurred_at::timestamptz as occurred_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        tenant_id text,
        user_id text,
        environment text,
        method text,
        route text,
        status_code bigint,
        latency_ms numeric,
        occurred_at text
    )
)

select * from renamed
