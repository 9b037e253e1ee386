with months as (
    select
        buckets.organization_id,
        buckets.bucket_date,
        buckets.ends_at,
        windows.span,
        windows.starts_at,
        products.probe_interval_minutes
    from {{ ref('int_product_buckets_listed') }} as buckets
    inner join {{ ref('int_products_listed') }} as products
        on buckets.organization_id = products.organization_id
    cross join
        lateral (
            values
            ('seven days', buckets.week_starts_at),
            ('thirty days', buckets.month_starts_at)
        ) as windows (span, starts_at)
    where buckets.bucket_type = 'monthly'
),

probes as (
    select * from {{ ref('stg_opsdb__health_probes') }}
    where coalesce(lower(nullif(btrim(environment), '')), 'production') = 'production'
),

-- A service is watched while it is probed at all: from its first probe on, until it was not probed for 30 days.
services as (
    select
        organization_id,
        service,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from probes
    group by organization_id, service
),

watched as (
    select
        months.*,
        services.service,
        greatest(months.starts_at, services.first_at) as watched_from
    from months
    inner join services
        on
            months.organization_id = services.organization_id
            and months.ends_at > services.first_at
            and months.starts_at - interval '30 days' < services.last_at
),

by_service as (
    select
        watched.organization_id,
        watched.bucket_date,
        watched.span,
        watched.service,
        watched.probe_interval_minutes,
        extract(epoch from watched.ends_at - watched.watched_from) / 60 as minutes,
        count(probes.health_probe_id) as probes,
        count(*) filter (
            where probes.is_successful and not coalesce(probes.is_maintenance, false)
        ) as successful_probes,
        count(probes.health_probe_id) filter (where not coalesce(probes.is_maintenance, false)) as counted_probes,
        (
            array_agg(
                probes.is_successful or coalesce(probes.is_maintenance, false) order by probes.occurred_at desc
            ) filter (where probes.health_probe_id is not null)
        )[1] as is_healthy_at_end
    from watched
    left join probes
        on
            watched.organization_id = probes.organization_id
            and watched.service = probes.service
            and watched.starts_at <= probes.occurred_at
            and watched.ends_at > probes.occurred_at
    group by
        watched.organization_id, watched.bucket_date, watched.span, watched.service, watched.probe_interval_minutes,
        watched.ends_at, watched.watched_from
),

counted as (
    select
        organization_id,
        bucket_date,
        span,
        probe_interval_minutes is not null as is_interval_known,
        count(*) as services,
        count(*) filter (where is_healthy_at_end) as healthy_services,
        sum(probes) as probes,
        sum(counted_probes) as counted_probes,
        sum(successful_probes) as successful_probes,
        sum(floor(minutes / probe_interval_minutes)) as expected_probes
    from by_service
    group by organization_id, bucket_date, span, probe_interval_minutes
)

select * from counted
