{{ config(materialized='table') }}

-- Distinct people of a bucket cannot be summed from its days, so each is listed once for each bucket and scope.
with logins as (
    select distinct
        days.organization_id,
        days.environment,
        scopes.client_id,
        buckets.bucket_type,
        buckets.bucket_date,
        days.user_id
    from {{ ref('int_user_days_counted') }} as days
    cross join lateral {{ buckets_of('days.active_date') }}
    cross join lateral (values (days.client_id), ('all')) as scopes (client_id)
),

actions as (
    select
        actions.organization_id,
        actions.environment,
        scopes.client_id,
        buckets.bucket_type,
        buckets.bucket_date,
        actions.user_id,
        bool_or(actions.is_key_action) as is_activated,
        bool_or(actions.event_type = 'file_upload') as has_uploaded_file,
        bool_or(actions.event_type = 'worklog_create') as has_created_worklog,
        bool_or(actions.event_type = 'report_generate') as has_generated_report
    from {{ ref('int_user_actions_counted') }} as actions
    cross join lateral {{ buckets_of('actions.active_date') }}
    cross join lateral (values (actions.client_id), ('all')) as scopes (client_id)
    group by
        actions.organization_id, actions.environment, scopes.client_id, buckets.bucket_type, buckets.bucket_date,
        actions.user_id
),

people as (
    select
        organization_id,
        environment,
        client_id,
        bucket_type,
        bucket_date,
        true as has_logged_in,
        false as is_activated,
        false as has_uploaded_file,
        false as has_created_worklog,
        false as has_generated_report
    from logins
    union all
    select
        organization_id,
        environment,
        client_id,
        bucket_type,
        bucket_date,
        false as has_logged_in,
        is_activated,
        has_uploaded_file,
        has_created_worklog,
        has_generated_report
    from actions
),

counted as (
    select
        organization_id,
        environment,
        client_id,
        bucket_type,
        bucket_date,
        count(*) filter (where has_logged_in) as active_users,
        count(*) filter (where is_activated) as activated_users,
        count(*) filter (where has_uploaded_file) as users_uploaded_file,
        count(*) filter (where has_created_worklog) as users_created_worklog,
        count(*) filter (where has_generated_report) as users_generated_report
    from people
    group by organization_id, environment, client_id, bucket_type, bucket_date
)

select * from counted
