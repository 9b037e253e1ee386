{{ config(unique_key=['organization_id', 'ai_call_id']) }}

with source as (
    {{ changed_records(source('opsdb', 'ai_usage')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as ai_call_id,
        fields.tenant_id,
        fields.user_id,
        fields.environment,
        fields.provider,
        fields.model,
        fields.feature,
        fields.input_tokens,
        fields.output_tokens,
        fields.cost_usd,
        fields.response_ms,
        fields.is_cache_hit,
        fields.is_successful,
        fields.occurred_at::timestamptz as occurred_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        tenant_id text,
        user_id text,
        environment text,
        provider text,
        model text,
        feature text,
        input_tokens bigint,
        output_tokens bigint,
        cost_usd numeric,
        response_ms numeric,
        is_cache_hit boolean,
        is_successful boolean,
        occurred_at text
    )
)

select * from renamed
