with organizations as (
    select
        organization_id,
        alias,
        name,
        time_zone,
        currency,
        history_start,
        is_active,
        coalesce(as_of, {{ as_of() }}) as as_of
    from {{ source('app', 'organizations') }}
),

settings as (
    select
        organization_id,
        max(value) filter (where setting = 'working_hours_per_month') as working_hours_per_month,
        max(value) filter (where setting = 'profit_and_loss_basis') as profit_and_loss_basis,
        max(value) filter (where setting = 'device_snapshot') as device_snapshot
    from {{ source('app', 'settings') }}
    group by organization_id
),

described as (
    select
        organizations.organization_id,
        organizations.alias as organization_alias,
        organizations.name,
        organizations.time_zone,
        organizations.currency,
        organizations.history_start,
        organizations.as_of,
        {{ period_of('organizations.as_of', 'organizations.time_zone') }} as current_period,
        settings.working_hours_per_month::numeric as working_hours_per_month,
        settings.profit_and_loss_basis,
        settings.device_snapshot,
        organizations.is_active
    from organizations
    left join settings on organizations.organization_id = settings.organization_id
)

select * from described
