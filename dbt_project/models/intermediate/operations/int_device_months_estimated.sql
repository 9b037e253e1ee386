with counted as (
    select * from {{ ref('int_device_months_counted') }}
),

organizations as (
    select * from {{ ref('dim_organizations') }}
),

-- The first month that has a reading is the best witness of the months before it.
first_months as (
    select
        organization_id,
        min(period) as period
    from counted
    group by organization_id
),

earlier as (
    select
        snapshots.organization_id,
        snapshots.period,
        first_months.period as first_period,
        (to_date(snapshots.snapshot_period, 'YYYY-MM') + interval '1 month' - interval '1 day')::date as last_day,
        {{ period_starts_at('snapshots.snapshot_period', 'organizations.time_zone', months=1) }} as ends_at
    from {{ ref('int_device_snapshots_chosen') }} as snapshots
    inner join organizations on snapshots.organization_id = organizations.organization_id
    inner join first_months
        on
            snapshots.organization_id = first_months.organization_id
            and snapshots.period < first_months.period
),

-- Devices that were gone by the first reading are not known to have been there, so this is the least there can have
-- been.
estimated as (
    select
        earlier.organization_id,
        earlier.period,
        counted.client_id,
        counted.device_id,
        counted.device_name,
        counted.node_class,
        counted.created_at,
        earlier.last_day,
        counted.is_endpoint,
        counted.is_seat,
        counted.exclusion_reason
    from earlier
    inner join counted
        on
            earlier.organization_id = counted.organization_id
            and earlier.first_period = counted.period
            and earlier.ends_at > counted.created_at
)

select * from estimated
