with organizations as (
    select * from {{ ref('dim_organizations') }}
),

-- Figures imported for months before the configured start are history too.
imported as (
    select
        organization_id,
        min(period) as first_period
    from {{ source('app', 'manual_metrics') }}
    where superseded_at is null
    group by organization_id
),

months as (
    select
        organizations.organization_id,
        organizations.time_zone,
        organizations.as_of,
        to_char(months.first_day, 'YYYY-MM') as period
    from organizations
    left join imported on organizations.organization_id = imported.organization_id
    cross join lateral generate_series(
        to_date(least(organizations.history_start, imported.first_period), 'YYYY-MM')::timestamp,
        to_date(organizations.current_period, 'YYYY-MM')::timestamp,
        interval '1 month'
    ) as months (first_day)
),

bounded as (
    select
        organization_id,
        period,
        as_of,
        {{ quarter_of('period') }} as quarter,
        left(period, 4)::integer as year,
        {{ period_starts_at('period', 'time_zone') }} as starts_at,
        {{ period_starts_at('period', 'time_zone', months=1) }} as ends_at
    from months
),

placed as (
    select
        organization_id,
        period,
        quarter,
        year,
        starts_at,
        ends_at,
        ends_at <= as_of as is_complete,
        starts_at <= as_of and as_of < ends_at as is_current
    from bounded
)

select * from placed
