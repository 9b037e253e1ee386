{{ config(unique_key=['organization_id', 'health_probe_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'health_probes')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as health_probe_id,
        fields.service,
        fields.environment,
        fields.is_successful,
        fields.is_maintenance,
        fields.response_ms,
        fields.occurred_at::timestamptz as occurred_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        service text,
        environment text,
        is_successful boolean,
        is_maintenance boolean,
        response_ms numeric,
        occurred_at text
    )
)

select * from renamed
