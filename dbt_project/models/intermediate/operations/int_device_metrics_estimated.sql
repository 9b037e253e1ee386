with estimated as (
    select * from {{ ref('int_device_months_estimated') }}
),

snapshots as (
    select * from {{ ref('int_device_snapshots_chosen') }}
),

scopes as (
    select * from {{ ref('int_metric_scopes_listed') }}
    where is_in_ninjaone and not is_excluded
),

rules as (
    select * from {{ ref('int_rules_gathered') }}
),

lists as (
    select * from {{ ref('int_device_lists_read') }}
),

first_months as (
    select
        organization_id,
        min(period) as period
    from {{ ref('int_device_months_counted') }}
    group by organization_id
),

-- One endpoint without a date of creation, and nobody knows how many there were.
witnesses as (
    select
        devices.organization_id,
        devices.period,
        bool_and(devices.created_at is not null or not devices.is_endpoint) as is_dated
    from {{ ref('int_device_months_counted') }} as devices
    inner join first_months
        on
            devices.organization_id = first_months.organization_id
            and devices.period = first_months.period
    group by devices.organization_id, devices.period
),

earlier as (
    select
        snapshots.organization_id,
        snapshots.period,
        first_snapshots.read_as_of
    from snapshots
    inner join witnesses
        on
            snapshots.organization_id = witnesses.organization_id
            and snapshots.period < witnesses.period
            and witnesses.is_dated
    inner join snapshots as first_snapshots
        on
            witnesses.organization_id = first_snapshots.organization_id
            and witnesses.period = first_snapshots.period
),

counted as (
    select
        organization_id,
        scope_id as client_id,
        period,
        count(distinct device_id) filter (where is_endpoint) as endpoints,
        count(distinct device_id) filter (where is_seat) as seats
    from {{ in_both_scopes('estimated') }} as estimated
    group by organization_id, scope_id, period
),

metrics (metric) as (
    values ('endpoints_managed'), ('seats_managed')
),

candidates as (
    select
        earlier.organization_id,
        scopes.client_id,
        earlier.period,
        metrics.metric,
        coalesce(case metrics.metric when 'endpoints_managed' then counted.endpoints else counted.seats end, 0)::numeric
            as value,
        'count' as unit,
        'estimated' as method,
        null::text as basis,
        null::text as reason,
        'ninjaone' as source,
        'fct_device_months' as model,
        coalesce(case metrics.metric when 'endpoints_managed' then counted.endpoints else counted.seats end, 0)
            as source_rows,
        earlier.read_as_of as freshest_at
    from earlier
    inner join scopes on earlier.organization_id = scopes.organization_id
    inner join rules on earlier.organization_id = rules.organization_id
    inner join lists on earlier.organization_id = lists.organization_id
    cross join metrics
    left join counted
        on
            earlier.organization_id = counted.organization_id
            and scopes.client_id = counted.client_id
            and earlier.period = counted.period
    where metrics.metric = 'endpoints_managed' or rules.seat_device_classes is not null
)

select * from candidates
