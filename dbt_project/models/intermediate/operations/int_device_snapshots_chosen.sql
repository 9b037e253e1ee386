with periods as (
    select * from {{ ref('dim_periods') }}
),

organizations as (
    select * from {{ ref('dim_organizations') }}
),

readings as (
    select
        organization_id,
        snapshot_date
    from {{ ref('stg_ninjaone__devices_daily') }}
    group by organization_id, snapshot_date
),

-- A reading that broke off left some of the devices behind; only days on which one ran to the end can be counted.
finished as (
    select
        organizations.organization_id,
        (runs.as_of at time zone organizations.time_zone)::date as snapshot_date,
        max(runs.as_of) as read_as_of
    from {{ source('raw_meta', 'extraction_log') }} as runs
    inner join organizations on runs.organization_id = organizations.organization_id
    where runs.source = 'ninjaone' and runs.stream = 'devices' and runs.outcome = 'complete'
    group by organizations.organization_id, (runs.as_of at time zone organizations.time_zone)::date
),

snapshots as (
    select
        readings.organization_id,
        readings.snapshot_date,
        finished.read_as_of
    from readings
    inner join finished
        on
            readings.organization_id = finished.organization_id
            and readings.snapshot_date = finished.snapshot_date
),

windows as (
    select
        periods.organization_id,
        periods.period,
        to_char(
            to_date(periods.period, 'YYYY-MM')
            - case when organizations.device_snapshot = 'previous_month' then interval '1 month' else interval '0' end,
            'YYYY-MM'
        ) as snapshot_period
    from periods
    inner join organizations on periods.organization_id = organizations.organization_id
),

chosen as (
    select
        windows.organization_id,
        windows.period,
        windows.snapshot_period,
        max(snapshots.snapshot_date) as snapshot_date,
        max(snapshots.read_as_of) as read_as_of
    from windows
    left join snapshots
        on
            windows.organization_id = snapshots.organization_id
            and windows.snapshot_period = to_char(snapshots.snapshot_date, 'YYYY-MM')
    group by windows.organization_id, windows.period, windows.snapshot_period
)

select * from chosen
