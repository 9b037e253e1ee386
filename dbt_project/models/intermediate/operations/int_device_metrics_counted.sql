with device_months as (
    select * from {{ ref('int_device_months_counted') }}
),

snapshots as (
    select * from {{ ref('int_device_snapshots_chosen') }}
),

scopes as (
    select * from {{ ref('int_metric_scopes_listed') }}
),

rules as (
    select * from {{ ref('int_rules_gathered') }}
),

lists as (
    select * from {{ ref('int_device_lists_read') }}
),

counted as (
    select
        organization_id,
        scope_id as client_id,
        period,
        count(distinct device_id) filter (where is_endpoint) as endpoints,
        count(distinct device_id) filter (where is_seat) as seats
    from {{ in_both_scopes('device_months') }} as device_months
    group by organization_id, scope_id, period
),

metrics (metric) as (
    values ('endpoints_managed'), ('seats_managed')
),

explained as (
    select
        snapshots.organization_id,
        scopes.client_id,
        snapshots.period,
        metrics.metric,
        snapshots.read_as_of,
        case metrics.metric when 'endpoints_managed' then counted.endpoints else counted.seats end as devices,
        case
            when snapshots.snapshot_date is null
                then 'NinjaOne devices were not read to the end on any day of ' || snapshots.snapshot_period || '.'
            when lists.organization_id is null
                then 'NinjaOne organizations and locations were never both read to the end.'
            when metrics.metric = 'seats_managed' and rules.seat_device_classes is null
                then 'No device class is configured to be a seat.'
            when not scopes.is_in_ninjaone then 'The client is not known in NinjaOne.'
            when scopes.is_excluded then 'The client''s devices are left out by a rule.'
        end as reason
    from snapshots
    cross join metrics
    inner join scopes on snapshots.organization_id = scopes.organization_id
    inner join rules on snapshots.organization_id = rules.organization_id
    left join lists on snapshots.organization_id = lists.organization_id
    left join counted
        on
            snapshots.organization_id = counted.organization_id
            and scopes.client_id = counted.client_id
            and snapshots.period = counted.period
),

candidates as (
    select
        organization_id,
        client_id,
        period,
        metric,
        case when reason is null then coalesce(devices, 0)::numeric end as value,
        'count' as unit,
        'collected' as method,
        null::text as basis,
        reason,
        'ninjaone' as source,
        'fct_device_months' as model,
        case when reason is null then coalesce(devices, 0) end as source_rows,
        read_as_of as freshest_at
    from explained
)

select * from candidates
