with tenants as (
    select
        organization_id,
        tenant_id
    from {{ ref('stg_opsdb__tenants') }}
),

products as (
    select organization_id from {{ ref('int_products_listed') }}
    where has_tenants
),

named as (
    select
        organization_id,
        tenant_id,
        count(*) as users,
        0::bigint as logins
    from {{ ref('stg_opsdb__users') }}
    where tenant_id is not null
    group by organization_id, tenant_id
    union all
    select
        organization_id,
        tenant_id,
        0::bigint as users,
        count(*) as logins
    from {{ ref('stg_opsdb__login_events') }}
    where tenant_id is not null
    group by organization_id, tenant_id
)

select
    organization_id,
    named.tenant_id,
    sum(named.users)::bigint as users,
    sum(named.logins)::bigint as login_events
from named
inner join products using (organization_id)
left join tenants using (organization_id, tenant_id)
where tenants.tenant_id is null
group by organization_id, named.tenant_id
