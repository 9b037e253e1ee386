{{ config(materialized='table') }}

with days as (
    select
        scopes.organization_id,
        scopes.environment,
        scopes.client_id,
        buckets.bucket_date as activity_date
    from {{ ref('int_product_scopes_listed') }} as scopes
    inner join {{ ref('int_product_buckets_listed') }} as buckets
        on
            scopes.organization_id = buckets.organization_id
            and buckets.bucket_type = 'daily'
            and scopes.first_date <= buckets.bucket_date
),

changes as (
    select * from {{ ref('int_product_changes_dated') }}
),

active as (
    select * from {{ ref('int_active_users_counted') }}
),

-- What happened before a scope's first day stands in its stocks, not in its flows.
opening as (
    select
        scopes.organization_id,
        scopes.environment,
        scopes.client_id,
        sum(changes.new_customers - changes.churned_customers + changes.reactivated_customers) as customers,
        sum(changes.new_tenants - changes.churned_tenants + changes.reactivated_tenants) as tenants
    from {{ ref('int_product_scopes_listed') }} as scopes
    inner join changes
        on
            scopes.organization_id = changes.organization_id
            and scopes.environment = changes.environment
            and scopes.client_id = changes.client_id
            and scopes.first_date > changes.changed_date
    group by scopes.organization_id, scopes.environment, scopes.client_id
),

activated as (
    select
        organization_id,
        environment,
        scope_id as client_id,
        active_date,
        count(distinct user_id) filter (where is_key_action) as activated_users
    from {{ in_both_scopes(ref('int_user_actions_counted')) }} as int_user_actions_counted
    group by organization_id, environment, scope_id, active_date
),

joined as (
    select
        days.organization_id,
        days.environment,
        days.client_id,
        days.activity_date,
        coalesce(active.dau, 0) as dau,
        coalesce(active.wau, 0) as wau,
        coalesce(active.mau, 0) as mau,
        coalesce(activated.activated_users, 0) as activated_users,
        {%- for flow in [
            'signups', 'new_customers', 'churned_customers', 'reactivated_customers', 'new_tenants', 'churned_tenants',
            'reactivated_tenants', 'trials_started', 'trials_converted'
        ] %}
        coalesce(changes.{{ flow }}, 0) as {{ flow }},
        {%- endfor %}
        coalesce(opening.customers, 0) as opening_customers,
        coalesce(opening.tenants, 0) as opening_tenants
    from days
    left join changes
        on
            days.organization_id = changes.organization_id
            and days.environment = changes.environment
            and days.client_id = changes.client_id
            and days.activity_date = changes.changed_date
    left join opening
        on
            days.organization_id = opening.organization_id
            and days.environment = opening.environment
            and days.client_id = opening.client_id
    left join activated
        on
            days.organization_id = activated.organization_id
            and days.environment = activated.environment
            and days.client_id = activated.client_id
            and days.activity_date = activated.active_date
    left join active
        on
            days.organization_id = active.organization_id
            and days.environment = active.environment
            and days.client_id = active.client_id
            and days.activity_date = active.activity_date
),

counted as (
    select
        organization_id,
        environment,
        client_id,
        activity_date,
        dau,
        wau,
        mau,
        activated_users,
        signups,
        new_customers,
        churned_customers,
        reactivated_customers,
        (
            opening_customers
            + sum(new_customers - churned_customers + reactivated_customers) over running
        )::bigint as total_customers,
        new_tenants,
        churned_tenants,
        reactivated_tenants,
        (
            opening_tenants + sum(new_tenants - churned_tenants + reactivated_tenants) over running
        )::bigint as total_tenants,
        trials_started,
        trials_converted
    from joined
    window running as (partition by organization_id, environment, client_id order by activity_date)
)

select * from counted
