{#- Every monthly figure that has a key, with its unit and how it comes about. -#}
{% set snapshot_metrics = [
    ('total_customers', 'count', 'collected'),
    ('new_customers', 'count', 'collected'),
    ('churned_customers', 'count', 'collected'),
    ('reactivated_customers', 'count', 'collected'),
    ('account_churn_rate', 'fraction', 'calculated'),
    ('dau', 'count', 'collected'),
    ('wau', 'count', 'collected'),
    ('mau', 'count', 'collected'),
    ('dau_mau', 'fraction', 'calculated'),
    ('active_users', 'count', 'collected'),
    ('signups_total', 'count', 'collected'),
    ('activated_users', 'count', 'collected'),
    ('users_uploaded_file', 'count', 'collected'),
    ('users_created_worklog', 'count', 'collected'),
    ('users_generated_report', 'count', 'collected'),
    ('total_tenants', 'count', 'collected'),
    ('new_tenants', 'count', 'collected'),
    ('churned_tenants', 'count', 'collected'),
    ('reactivated_tenants', 'count', 'collected'),
    ('api_requests_total', 'count', 'collected'),
    ('api_errors_total', 'count', 'collected'),
    ('api_client_errors_total', 'count', 'collected'),
    ('error_rate', 'fraction', 'calculated'),
    ('jobs_total', 'count', 'collected'),
    ('jobs_succeeded', 'count', 'collected'),
    ('jobs_failed', 'count', 'collected'),
    ('job_success_rate', 'fraction', 'calculated'),
    ('job_failure_rate', 'fraction', 'calculated'),
    ('ai_tokens_used', 'count', 'collected'),
    ('ai_cost_usd', 'usd', 'collected'),
] -%}
{% set investor_metrics = [
    ('uptime_percentage', 'fraction', 'calculated'),
    ('uptime_percentage_30d', 'fraction', 'calculated'),
    ('ai_total_requests', 'count', 'collected'),
    ('ai_cache_hit_rate', 'fraction', 'calculated'),
    ('ai_error_rate', 'fraction', 'calculated'),
    ('lead_conversion_rate', 'fraction', 'calculated'),
    ('new_customers_30d', 'count', 'collected'),
    ('platform_utilization', 'fraction', 'calculated'),
] -%}

-- The spine tells of the production environment.
with snapshots as (
    select * from {{ ref('int_snapshot_figures_measured') }}
    where environment = 'production' and bucket_type = 'monthly'
),

investors as (
    select * from {{ ref('int_investor_figures_measured') }}
),

freshest as (
    select
        organization_id,
        min(completed_as_of) as freshest_at
    from {{ source('raw_meta', 'cursors') }}
    where source = 'opsdb'
    group by organization_id
),

figures as (
    select
        snapshots.organization_id,
        snapshots.client_id,
        to_char(snapshots.bucket_date, 'YYYY-MM') as period,
        figures.metric,
        figures.value,
        figures.unit,
        figures.method,
        snapshots.reasons ->> figures.metric as reason,
        'fct_executive_snapshots' as model
    from snapshots
    cross join
        lateral (
            values
            {%- for metric, unit, method in snapshot_metrics %}
            ('{{ metric }}', snapshots.{{ metric }}::numeric, '{{ unit }}', '{{ method }}'){{ ',' if not loop.last }}
            {%- endfor %}
        ) as figures (metric, value, unit, method)
    union all
    select
        investors.organization_id,
        'all' as client_id,
        investors.period,
        figures.metric,
        figures.value,
        figures.unit,
        figures.method,
        investors.reasons ->> figures.metric as reason,
        'fct_investor_metrics' as model
    from investors
    cross join
        lateral (
            values
            {%- for metric, unit, method in investor_metrics %}
            ('{{ metric }}', investors.{{ metric }}::numeric, '{{ unit }}', '{{ method }}'){{ ',' if not loop.last }}
            {%- endfor %}
        ) as figures (metric, value, unit, method)
),

-- Where cash and burn are entered, how long the one lasts follows; else the months that somebody entered stand.
runways as (
    select
        organization_id,
        period,
        {{ round_half_even(safe_divide('cash_reserve', 'cash_burn_monthly'), 2) }} as months,
        cash_burn_monthly,
        least(cash_reserve_entered_at, cash_burn_monthly_entered_at) as entered_at
    from {{ ref('int_manual_inputs_chosen') }}
    where
        cash_reserve is not null
        and cash_burn_monthly is not null
),

gathered as (
    select
        figures.organization_id,
        figures.client_id,
        figures.period,
        figures.metric,
        figures.value,
        figures.unit,
        figures.method,
        null::text as basis,
        figures.reason,
        'opsdb' as source,
        figures.model,
        case when figures.unit = 'count' and figures.metric <> 'ai_tokens_used' then figures.value::bigint end
            as source_rows,
        freshest.freshest_at
    from figures
    left join freshest on figures.organization_id = freshest.organization_id
    union all
    select
        organization_id,
        'all' as client_id,
        period,
        'runway_months' as metric,
        case when cash_burn_monthly > 0 then months end as value,
        'months' as unit,
        'calculated' as method,
        null as basis,
        case when cash_burn_monthly <= 0 then 'No cash is burnt.' end as reason,
        'manual' as source,
        'fct_executive_snapshots' as model,
        2 as source_rows,
        entered_at as freshest_at
    from runways
)

select * from gathered
