{{ config(materialized='table') }}

with jobs as (
    {{ placed_events('stg_opsdb__jobs', happened='created_at') }}
),

judged as (
    select
        jobs.*,
        lower(btrim(jobs.job_status)) = any(products.succeeded_job_statuses) as is_succeeded,
        lower(btrim(jobs.job_status)) = any(products.failed_job_statuses) as is_failed
    from jobs
    inner join {{ ref('int_products_listed') }} as products on jobs.organization_id = products.organization_id
),

counted as (
    select
        judged.organization_id,
        judged.placed_environment as environment,
        judged.scope_id as client_id,
        buckets.bucket_type,
        buckets.bucket_date,
        count(*) as jobs_total,
        count(*) filter (where judged.is_succeeded) as jobs_succeeded,
        count(*) filter (where judged.is_failed) as jobs_failed,
        avg(extract(epoch from judged.finished_at - judged.started_at)) filter (
            where judged.is_succeeded
        ) as jobs_avg_duration_sec
    from {{ in_both_scopes('judged') }} as judged
    cross join lateral {{ buckets_of('judged.local_date') }}
    group by
        judged.organization_id, judged.placed_environment, judged.scope_id, buckets.bucket_type, buckets.bucket_date
)

select * from counted
