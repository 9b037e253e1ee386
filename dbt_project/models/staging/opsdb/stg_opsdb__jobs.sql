{{ config(unique_key=['organization_id', 'job_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'jobs')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as job_id,
        fields.tenant_id,
        fields.user_id,
        fields.environment,
        fields.job_type,
        fields.status as job_status,
        fields.error_code,
        fields.created_at::timestamptz as created_at,
        fields.started_at::timestamptz as started_at,
        fields.finished_at::timestamptz as finished_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        tenant_id text,
        user_id text,
        environment text,
        job_type text,
        status text,
        error_code text,
        created_at text,
        started_at text,
        finished_at text
    )
)

select * from renamed
