{{ config(materialized='table') }}

with days as (
    select * from {{ ref('int_user_days_counted') }}
),

scoped as (
    select * from days
    union all
    -- Somebody who works in two tenants is one user of the whole.
    select distinct
        organization_id,
        environment,
        'all' as client_id,
        user_id,
        active_date
    from days
),

followed as (
    select
        *,
        lead(active_date) over (
            partition by organization_id, environment, client_id, user_id order by active_date
        ) as next_date
    from scoped
),

-- A user is active from a login on until the window has passed or the next login renews it: one in, one out.
changes as (
    select
        followed.organization_id,
        followed.environment,
        followed.client_id,
        steps.changed_date,
        sum(steps.daily) as daily,
        sum(steps.weekly) as weekly,
        sum(steps.monthly) as monthly
    from followed
    cross join
        lateral (
            values
            (followed.active_date, 1, 1, 1),
            (followed.active_date + 1, -1, 0, 0),
            (least(followed.active_date + 7, followed.next_date), 0, -1, 0),
            (least(followed.active_date + 30, followed.next_date), 0, 0, -1)
        ) as steps (changed_date, daily, weekly, monthly)
    group by followed.organization_id, followed.environment, followed.client_id, steps.changed_date
),

-- What holds from each change on, until the next one.
running as (
    select
        organization_id,
        environment,
        client_id,
        changed_date,
        lead(changed_date) over by_date as next_change_date,
        sum(daily) over by_date as dau,
        sum(weekly) over by_date as wau,
        sum(monthly) over by_date as mau
    from changes
    window by_date as (partition by organization_id, environment, client_id order by changed_date)
),

counted as (
    select
        running.organization_id,
        running.environment,
        running.client_id,
        days.day::date as activity_date,
        running.dau::bigint as dau,
        running.wau::bigint as wau,
        running.mau::bigint as mau
    from running
    inner join {{ ref('int_products_listed') }} as products
        on running.organization_id = products.organization_id
    cross join
        lateral generate_series(
            running.changed_date::timestamp,
            least(running.next_change_date - 1, products.last_date)::timestamp,
            interval '1 day'
        ) as days (day)
    where running.mau > 0
)

select * from counted
