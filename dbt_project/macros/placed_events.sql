{#-
    What an application's log says, each event with the client it belongs to, its environment and its local day. An event
    that names no tenant is its user's tenant's; one of nobody's tenant is `unassigned`. A tenant that the organization's
    mapping leaves out is left out with all its events (fct_unknown_tenants counts them).
-#}
{% macro placed_events(model, happened='occurred_at', user_id='events.user_id') -%}
    select
        events.*,
        coalesce(tenants.client_id, 'unassigned') as client_id,
        coalesce(
            lower(nullif(btrim(events.environment), '')), users.environment, tenants.environment, 'production'
        ) as placed_environment,
        (events.{{ happened }} at time zone products.time_zone)::date as local_date
    from {{ ref(model) }} as events
    inner join {{ ref('int_products_listed') }} as products
        on events.organization_id = products.organization_id
    left join {{ ref('int_users_placed') }} as users
        on
            events.organization_id = users.organization_id
            and {{ user_id }} = users.user_id
    left join {{ ref('int_tenants_placed') }} as tenants
        on
            events.organization_id = tenants.organization_id
            and coalesce(events.tenant_id, users.tenant_id) = tenants.tenant_id
    where
        events.{{ happened }} < products.as_of
        and (
            coalesce(events.tenant_id, users.tenant_id) is null
            or tenants.tenant_id is not null
            or not products.has_tenants
        )
{%- endmacro %}

{#- The three buckets that a local day falls into, to be joined laterally: each with its type and its first day. -#}
{% macro buckets_of(local_date) -%}
    (
        values
        ('daily', {{ local_date }}),
        ('weekly', date_trunc('week', {{ local_date }})::date),
        ('monthly', date_trunc('month', {{ local_date }})::date)
    ) as buckets (bucket_type, bucket_date)
{%- endmacro %}
