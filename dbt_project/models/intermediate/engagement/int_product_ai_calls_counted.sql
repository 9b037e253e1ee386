{{ config(materialized='table') }}

with calls as (
    {{ placed_events('stg_opsdb__ai_usage') }}
),

counted as (
    select
        calls.organization_id,
        calls.placed_environment as environment,
        calls.scope_id as client_id,
        buckets.bucket_type,
        buckets.bucket_date,
        count(*) as ai_total_requests,
        sum(coalesce(calls.input_tokens, 0) + coalesce(calls.output_tokens, 0)) as ai_tokens_used,
        sum(calls.cost_usd) as ai_cost_usd,
        count(calls.cost_usd) as calls_with_a_cost,
        count(coalesce(calls.input_tokens, calls.output_tokens)) as calls_with_tokens,
        count(calls.is_cache_hit) as cache_lookups,
        count(*) filter (where calls.is_cache_hit) as cache_hits,
        count(calls.is_successful) as judged_calls,
        count(*) filter (where not calls.is_successful) as failed_calls,
        avg(calls.response_ms) as average_response_ms,
        count(distinct calls.provider) as active_providers,
        mode() within group (order by calls.provider) as most_used_provider
    from {{ in_both_scopes('calls') }} as calls
    cross join lateral {{ buckets_of('calls.local_date') }}
    group by calls.organization_id, calls.placed_environment, calls.scope_id, buckets.bucket_type, buckets.bucket_date
)

select * from counted
