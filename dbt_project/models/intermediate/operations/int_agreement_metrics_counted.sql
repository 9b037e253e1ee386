with agreements as (
    select * from {{ ref('int_agreements_priced') }}
    where is_managed
),

scopes as (
    select * from {{ ref('int_metric_scopes_listed') }}
),

rules as (
    select * from {{ ref('int_rules_gathered') }}
),

coverage as (
    select * from {{ ref('int_periods_covered') }}
    where source = 'connectwise' and stream = 'agreements'
),

-- The running month has no last day yet, so today stands for it.
last_days as (
    select
        coverage.*,
        least(
            (to_date(coverage.period, 'YYYY-MM') + interval '1 month' - interval '1 day')::date,
            (organizations.as_of at time zone organizations.time_zone)::date
        ) as last_day
    from coverage
    inner join {{ ref('dim_organizations') }} as organizations
        on coverage.organization_id = organizations.organization_id
),

in_force as (
    select
        last_days.organization_id,
        last_days.period,
        agreements.client_id,
        agreements.agreement_id
    from last_days
    inner join agreements
        on
            last_days.organization_id = agreements.organization_id
            and last_days.last_day >= agreements.start_date
            and last_days.last_day <= coalesce(agreements.end_date, 'infinity')
            and (
                not agreements.is_cancelled
                or last_days.last_day < agreements.cancelled_date
            )
),

counted as (
    select
        organization_id,
        scope_id as client_id,
        period,
        count(*) as agreements
    from {{ in_both_scopes('in_force') }} as in_force
    group by organization_id, scope_id, period
),

explained as (
    select
        last_days.organization_id,
        scopes.client_id,
        last_days.period,
        last_days.completed_as_of,
        counted.agreements,
        case
            when last_days.reason is not null then last_days.reason
            when rules.managed_agreement_types is null then 'No agreement type is configured to be a managed service.'
            when not scopes.is_in_connectwise then 'The client is not known in ConnectWise.'
        end as reason
    from last_days
    inner join scopes on last_days.organization_id = scopes.organization_id
    inner join rules on last_days.organization_id = rules.organization_id
    left join counted
        on
            last_days.organization_id = counted.organization_id
            and scopes.client_id = counted.client_id
            and last_days.period = counted.period
),

candidates as (
    select
        organization_id,
        client_id,
        period,
        'agreements' as metric,
        case when reason is null then coalesce(agreements, 0)::numeric end as value,
        'count' as unit,
        'collected' as method,
        null::text as basis,
        reason,
        'connectwise' as source,
        'fct_agreements' as model,
        case when reason is null then coalesce(agreements, 0) end as source_rows,
        completed_as_of as freshest_at
    from explained
)

select * from candidates
