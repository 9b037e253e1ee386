with snapshots as (
    select * from {{ ref('int_device_snapshots_chosen') }}
),

organizations as (
    select * from {{ ref('dim_organizations') }}
),

-- A report that found nothing has no rows, so the log says on which days it was read to the end.
finished as (
    select distinct
        organizations.organization_id,
        runs.stream,
        (runs.as_of at time zone organizations.time_zone)::date as snapshot_date
    from {{ source('raw_meta', 'extraction_log') }} as runs
    inner join organizations on runs.organization_id = organizations.organization_id
    where
        runs.source = 'ninjaone'
        and runs.stream in ('operating_systems', 'os_patches', 'antivirus_status')
        and runs.outcome = 'complete'
),

chosen as (
    select
        snapshots.organization_id,
        snapshots.period,
        max(finished.snapshot_date) filter (where finished.stream = 'operating_systems') as systems_date,
        max(finished.snapshot_date) filter (where finished.stream = 'os_patches') as patches_date,
        max(finished.snapshot_date) filter (where finished.stream = 'antivirus_status') as antivirus_date
    from snapshots
    inner join finished
        on
            snapshots.organization_id = finished.organization_id
            and snapshots.snapshot_period = to_char(finished.snapshot_date, 'YYYY-MM')
    group by snapshots.organization_id, snapshots.period
)

select * from chosen
