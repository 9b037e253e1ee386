with rule_values as (
    select
        organization_id,
        array_agg(lower(btrim(value))) filter (where rule = 'key_action') as key_actions,
        array_agg(lower(btrim(value))) filter (where rule = 'succeeded_job_status') as succeeded_job_statuses,
        array_agg(lower(btrim(value))) filter (where rule = 'failed_job_status') as failed_job_statuses,
        max(value) filter (where rule = 'probe_interval_minutes') as probe_interval_minutes
    from {{ source('app', 'rule_values') }}
    group by organization_id
),

settings as (
    select
        organization_id,
        max(value) filter (where setting = 'lead_conversion_days') as lead_conversion_days,
        max(value) filter (where setting = 'low_churn_rate') as low_churn_rate,
        max(value) filter (where setting = 'high_churn_rate') as high_churn_rate,
        max(value) filter (where setting = 'low_risk_growth_rate') as low_risk_growth_rate,
        max(value) filter (where setting = 'strong_growth_rate') as strong_growth_rate
    from {{ source('app', 'settings') }}
    group by organization_id
),

with_tenants as (
    select distinct organization_id from {{ ref('stg_opsdb__tenants') }}
),

listed as (
    select
        organizations.organization_id,
        organizations.time_zone,
        organizations.as_of,
        to_date(organizations.history_start, 'YYYY-MM') as first_date,
        -- The last day that is over.
        (organizations.as_of at time zone organizations.time_zone)::date - 1 as last_date,
        with_tenants.organization_id is not null as has_tenants,
        rule_values.key_actions,
        rule_values.succeeded_job_statuses,
        rule_values.failed_job_statuses,
        rule_values.probe_interval_minutes::numeric as probe_interval_minutes,
        coalesce(settings.lead_conversion_days::integer, 30) as lead_conversion_days,
        coalesce(settings.low_churn_rate::numeric, 0.02) as low_churn_rate,
        coalesce(settings.high_churn_rate::numeric, 0.05) as high_churn_rate,
        coalesce(settings.low_risk_growth_rate::numeric, 0.05) as low_risk_growth_rate,
        coalesce(settings.strong_growth_rate::numeric, 0.10) as strong_growth_rate
    from {{ ref('dim_organizations') }} as organizations
    left join rule_values on organizations.organization_id = rule_values.organization_id
    left join settings on organizations.organization_id = settings.organization_id
    left join with_tenants on organizations.organization_id = with_tenants.organization_id
)

select * from listed
