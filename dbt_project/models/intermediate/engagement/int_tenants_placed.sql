with links as (
    select
        organization_id,
        source_client_id,
        client_id
    from {{ source('app', 'client_links') }}
    where source = 'opsdb'
),

placed as (
    select
        tenants.organization_id,
        tenants.tenant_id,
        coalesce(links.client_id, 'unassigned') as client_id,
        coalesce(lower(nullif(btrim(tenants.environment), '')), 'production') as environment,
        tenants.signed_up_at,
        tenants.trial_started_at,
        tenants.trial_converted_at,
        -- A tenant that came back left before; one that is gone from the database left when that was noticed.
        coalesce(tenants.churned_at, tenants.deleted_at) as churned_at,
        case when tenants.reactivated_at > tenants.churned_at then tenants.reactivated_at end as reactivated_at,
        tenants.licensed_seats,
        tenants.monthly_value,
        tenants.is_deleted
    from {{ ref('stg_opsdb__tenants') }} as tenants
    left join links
        on
            tenants.organization_id = links.organization_id
            and 'tenants/' || tenants.tenant_id = links.source_client_id
)

select * from placed
