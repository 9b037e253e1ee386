{{ config(materialized='table') }}

{% set active = ['dau', 'wau', 'mau', 'activated_users'] -%}
{% set flows = [
    'signups', 'new_customers', 'churned_customers', 'reactivated_customers', 'new_tenants', 'churned_tenants',
    'reactivated_tenants', 'trials_started', 'trials_converted'
] -%}

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
    from {{ in_both_scopes(ref('int_user_actions_counted')) }} as actions
    group by organization_id, environment, scope_id, active_date
),

-- Put under one another instead of side by side: a join of so many keys is planned badly while tables are fresh.
gathered as (
    select
        organization_id,
        environment,
        client_id,
        activity_date,
        {%- for figure in active + flows %}
        0::bigint as {{ figure }},
        {%- endfor %}
        true as is_told
    from days
    union all
    select
        organization_id,
        environment,
        client_id,
        activity_date,
        dau,
        wau,
        mau,
        0 as activated_users,
        {%- for flow in flows %}
        0 as {{ flow }},
        {%- endfor %}
        false as is_told
    from {{ ref('int_active_users_counted') }}
    union all
    select
        organization_id,
        environment,
        client_id,
        active_date as activity_date,
        0 as dau,
        0 as wau,
        0 as mau,
        activated_users,
        {%- for flow in flows %}
        0 as {{ flow }},
        {%- endfor %}
        false as is_told
    from activated
    union all
    select
        organization_id,
        environment,
        client_id,
        changed_date as activity_date,
        {%- for figure in active %}
        0 as {{ figure }},
        {%- endfor %}
        {%- for flow in flows %}
        {{ flow }},
        {%- endfor %}
        false as is_told
    from changes
),

summed as (
    select
        {%- for figure in active + flows %}
        sum({{ figure }})::bigint as {{ figure }},
        {%- endfor %}
        organization_id,
        environment,
        client_id,
        activity_date
    from gathered
    group by organization_id, environment, client_id, activity_date
    having bool_or(is_told)
),

joined as (
    select
        summed.*,
        coalesce(opening.customers, 0) as opening_customers,
        coalesce(opening.tenants, 0) as opening_tenants
    from summed
    left join opening
        on
            summed.organization_id = opening.organization_id
            and summed.environment = opening.environment
            and summed.client_id = opening.client_id
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
