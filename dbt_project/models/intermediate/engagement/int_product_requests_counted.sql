{{ config(materialized='table') }}

with requests as (
    {{ placed_events('stg_opsdb__api_requests') }}
),

counted as (
    select
        requests.organization_id,
        requests.placed_environment as environment,
        requests.scope_id as client_id,
        buckets.bucket_type,
        buckets.bucket_date,
        count(*) as api_requests_total,
        count(*) filter (where requests.status_code >= 500) as api_errors_total,
        count(*) filter (where requests.status_code between 400 and 499) as api_client_errors_total,
        avg(requests.latency_ms) as api_avg_latency_ms,
        percentile_cont(0.5) within group (order by requests.latency_ms)::numeric as api_p50_latency_ms,
        percentile_cont(0.95) within group (order by requests.latency_ms)::numeric as api_p95_latency_ms,
        percentile_cont(0.99) within group (order by requests.latency_ms)::numeric as api_p99_latency_ms
    from {{ in_both_scopes('requests') }} as requests
    cross join lateral {{ buckets_of('requests.local_date') }}
    group by
        requests.organization_id, requests.placed_environment, requests.scope_id,
        buckets.bucket_type, buckets.bucket_date
)

select * from counted
