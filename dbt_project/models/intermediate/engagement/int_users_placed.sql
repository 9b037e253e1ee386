with users as (
    select
        *,
        -- Whoever is inactive without a day for it was so at the latest when the row was last changed.
        coalesce(
            deactivated_at,
            case when is_active is false and not is_deleted then source_updated_at end,
            deleted_at
        ) as first_left_at
    from {{ ref('stg_opsdb__users') }}
),

placed as (
    select
        users.organization_id,
        users.user_id,
        users.tenant_id,
        coalesce(tenants.client_id, 'unassigned') as client_id,
        coalesce(
            lower(nullif(btrim(users.environment), '')), tenants.environment, 'production'
        ) as environment,
        coalesce(users.tenant_id, users.profile_id) is not null as has_profile,
        users.is_licensed,
        users.created_at,
        users.first_left_at as left_at,
        case when users.reactivated_at > users.first_left_at then users.reactivated_at end as came_back_at,
        case when users.reactivated_at > users.first_left_at then users.deleted_at end as left_again_at
    from users
    inner join {{ ref('int_products_listed') }} as products
        on users.organization_id = products.organization_id
    left join {{ ref('int_tenants_placed') }} as tenants
        on
            users.organization_id = tenants.organization_id
            and users.tenant_id = tenants.tenant_id
    where
        users.tenant_id is null
        or tenants.tenant_id is not null
        or not products.has_tenants
)

select * from placed
