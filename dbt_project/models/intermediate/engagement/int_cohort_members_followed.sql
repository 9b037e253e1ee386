{{ config(materialized='table') }}

with products as (
    select * from {{ ref('int_products_listed') }}
),

-- Everybody who signed up, whatever became of them since: leaving out who left would make retention look better.
signups as (
    select
        users.organization_id,
        users.environment,
        users.client_id,
        users.user_id,
        (users.created_at at time zone products.time_zone)::date as signup_date,
        {{ period_of('users.created_at', 'products.time_zone') }} as cohort_period,
        products.last_date
    from {{ ref('int_users_placed') }} as users
    inner join products on users.organization_id = products.organization_id
    where users.created_at < products.as_of
),

active_days as (
    select distinct
        organization_id,
        user_id,
        active_date
    from {{ ref('int_user_days_counted') }}
),

windows as (
    select
        signups.*,
        weeks.week,
        signups.signup_date + 7 * weeks.week as window_first_date,
        signups.signup_date + 7 * weeks.week + 6 as window_last_date
    from signups
    cross join (values (1), (4), (12)) as weeks (week)
),

retained as (
    select distinct
        windows.organization_id,
        windows.user_id,
        windows.week
    from windows
    inner join active_days
        on
            windows.organization_id = active_days.organization_id
            and windows.user_id = active_days.user_id
            and windows.window_first_date <= active_days.active_date
            and windows.window_last_date >= active_days.active_date
),

followed as (
    select
        windows.organization_id,
        windows.environment,
        windows.client_id,
        windows.cohort_period,
        windows.user_id,
        windows.week,
        windows.window_first_date,
        windows.window_last_date,
        windows.window_last_date <= windows.last_date as has_passed,
        retained.user_id is not null as is_retained
    from windows
    left join retained
        on
            windows.organization_id = retained.organization_id
            and windows.user_id = retained.user_id
            and windows.week = retained.week
)

select * from followed
