{{ config(materialized='table') }}

with products as (
    select * from {{ ref('int_products_listed') }}
),

user_changes as (
    select
        users.organization_id,
        users.environment,
        users.client_id,
        changes.change,
        (changes.changed_at at time zone products.time_zone)::date as changed_date
    from {{ ref('int_users_placed') }} as users
    inner join products on users.organization_id = products.organization_id
    cross join
        lateral (
            values
            ('signed up', users.created_at),
            ('became customer', case when users.has_profile then users.created_at end),
            ('left', case when users.has_profile then users.left_at end),
            ('came back', case when users.has_profile then users.came_back_at end),
            ('left', case when users.has_profile then users.left_again_at end)
        ) as changes (change, changed_at)
    where changes.changed_at < products.as_of
),

tenant_changes as (
    select
        tenants.organization_id,
        tenants.environment,
        tenants.client_id,
        changes.change,
        (changes.changed_at at time zone products.time_zone)::date as changed_date
    from {{ ref('int_tenants_placed') }} as tenants
    inner join products on tenants.organization_id = products.organization_id
    cross join
        lateral (
            values
            ('tenant signed up', tenants.signed_up_at),
            ('trial started', tenants.trial_started_at),
            ('trial converted', tenants.trial_converted_at),
            ('tenant left', tenants.churned_at),
            ('tenant came back', tenants.reactivated_at)
        ) as changes (change, changed_at)
    where changes.changed_at < products.as_of
),

changes as (
    select * from user_changes
    union all
    select * from tenant_changes
),

dated as (
    select
        organization_id,
        environment,
        scope_id as client_id,
        changed_date,
        count(*) filter (where change = 'signed up') as signups,
        count(*) filter (where change = 'became customer') as new_customers,
        count(*) filter (where change = 'left') as churned_customers,
        count(*) filter (where change = 'came back') as reactivated_customers,
        count(*) filter (where change = 'tenant signed up') as new_tenants,
        count(*) filter (where change = 'tenant left') as churned_tenants,
        count(*) filter (where change = 'tenant came back') as reactivated_tenants,
        count(*) filter (where change = 'trial started') as trials_started,
        count(*) filter (where change = 'trial converted') as trials_converted
    from {{ in_both_scopes('changes') }} as changes
    group by organization_id, environment, scope_id, changed_date
)

select * from dated
