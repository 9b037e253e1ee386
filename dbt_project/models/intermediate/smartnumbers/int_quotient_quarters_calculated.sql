{#- What is divided by what, one line a quotient; where a figure has several it is their mean. -#}
{% set gained = ['gained_by_new_clients', 'gained_by_expansion', 'gained_by_reactivation'] -%}
{% set ended = ['jobs_succeeded', 'jobs_failed'] -%}
{% set quotients = [
    ('tickets_per_seat', 2, ['reactive_tickets_created'], ['seats_managed']),
    ('hours_per_seat', 4, ['reactive_time_spent'], ['seats_managed']),
    ('hours_per_endpoint', 4, ['reactive_time_spent'], ['endpoints_managed']),
    ('mrr_per_seat', 2, ['mrr'], ['seats_managed']),
    ('tickets_typed_pct', 4, ['tickets_typed'], ['tickets_opened']),
    ('time_on_tickets_pct', 4, ['hours_on_tickets'], ['hours_entered']),
    ('boards_mapped_pct', 4, ['boards_mapped'], ['boards_used']),
    ('data_readiness_score', 4, ['tickets_typed'], ['tickets_opened']),
    ('data_readiness_score', 4, ['hours_on_tickets'], ['hours_entered']),
    ('data_readiness_score', 4, ['boards_mapped'], ['boards_used']),
    ('quick_ratio', 4, gained, ['lost_by_contraction', 'lost_by_churn']),
    ('error_rate', 4, ['api_errors_total'], ['api_requests_total']),
    ('job_success_rate', 4, ['jobs_succeeded'], ended),
    ('job_failure_rate', 4, ['jobs_failed'], ended),
    ('dau_mau', 4, ['dau'], ['mau']),
] -%}
{% set metrics = quotients | map(attribute=0) | unique | join("', '") -%}
{% set dividends = quotients | map(attribute=2) | sum(start=[]) -%}
{% set divisors = quotients | map(attribute=3) | sum(start=[]) -%}
{% set amounts = (dividends + divisors) | unique | join("', '") -%}

with parts (metric, scale, place, side, part, is_counted) as (
    values
    {%- for metric, scale, dividends, divisors in quotients %}
    {%- set place, last_quotient = loop.index, loop.last %}
    {%- for part in dividends %}
    {%- set is_counted = 'false' if part in divisors else 'true' %}
    ('{{ metric }}', {{ scale }}, {{ place }}, 'dividend', '{{ part }}', {{ is_counted }}),
    {%- endfor %}
    {%- for part in divisors %}
    {%- set comma = '' if last_quotient and loop.last else ',' %}
    ('{{ metric }}', {{ scale }}, {{ place }}, 'divisor', '{{ part }}', true){{ comma }}
    {%- endfor %}
    {%- endfor %}
),

spine as (
    select * from {{ ref('fct_metrics_monthly') }}
),

-- Every month of every figure that is such a quotient, whether it has a value or not.
months as (
    select
        organization_id,
        client_id,
        quarter,
        period,
        metric,
        reason,
        is_complete_period
    from spine
    where metric in ('{{ metrics }}')
),

-- Parts that the spine does not hold, because they are no figures of the catalogue by themselves.
beside as (
    select
        organization_id,
        client_id,
        period,
        'mrr' as part,
        recurring_revenue as value,
        source_rows,
        freshest_at
    from {{ ref('int_client_revenue_listed') }}
    union all
    select
        readiness.organization_id,
        readiness.client_id,
        readiness.period,
        amounts.part,
        amounts.value,
        amounts.source_rows,
        readiness.freshest_at
    from {{ ref('fct_data_readiness_months') }} as readiness
    cross join
        lateral (
            values
            ('tickets_typed', readiness.tickets_typed, 0),
            ('tickets_opened', readiness.tickets, readiness.tickets),
            ('hours_on_tickets', readiness.hours_on_tickets, 0),
            ('hours_entered', readiness.hours, 0),
            ('boards_mapped', readiness.boards_mapped, 0),
            ('boards_used', readiness.boards, readiness.boards)
        ) as amounts (part, value, source_rows)
    union all
    select
        revenue.organization_id,
        'all' as client_id,
        revenue.period,
        amounts.part,
        amounts.value,
        amounts.source_rows,
        revenue.freshest_at
    from {{ ref('int_revenue_months_calculated') }} as revenue
    cross join lateral (
        values
        ('gained_by_new_clients', revenue.new_mrr, 0),
        ('gained_by_expansion', revenue.expansion_mrr, 0),
        ('gained_by_reactivation', revenue.reactivation_mrr, 0),
        ('lost_by_contraction', revenue.contraction_mrr, 0),
        ('lost_by_churn', revenue.churn_mrr, revenue.source_rows)
    ) as amounts (part, value, source_rows)
),

amounts as (
    select
        organization_id,
        client_id,
        period,
        metric as part,
        value,
        source_rows,
        freshest_at
    from spine
    where
        value is not null
        and metric in ('{{ amounts }}')
    union all
    select *
    from beside
    where
        value is not null
        and not exists (
            select 1
            from spine
            where
                spine.organization_id = beside.organization_id
                and spine.client_id = beside.client_id
                and spine.period = beside.period
                and spine.metric = beside.part
                and spine.value is not null
        )
),

divided as (
    select
        months.organization_id,
        months.client_id,
        months.quarter,
        months.period,
        months.metric,
        parts.scale,
        parts.place,
        months.is_complete_period,
        sum(amounts.value) filter (where parts.side = 'dividend') as dividend,
        sum(amounts.value) filter (where parts.side = 'divisor') as divisor,
        count(*) - count(amounts.value) as parts_missing,
        sum(amounts.source_rows) filter (where parts.is_counted) as source_rows,
        max(amounts.freshest_at) as freshest_at
    from months
    inner join parts on months.metric = parts.metric
    left join amounts
        on
            months.organization_id = amounts.organization_id
            and months.client_id = amounts.client_id
            and months.period = amounts.period
            and parts.part = amounts.part
    group by 1, 2, 3, 4, 5, 6, 7, 8
),

-- A month counts when it is over and has every part of every quotient.
judged as (
    select
        *,
        is_complete_period
        and sum(parts_missing) over (partition by organization_id, client_id, period, metric) = 0 as is_used
    from divided
),

added as (
    select
        organization_id,
        client_id,
        quarter,
        metric,
        scale,
        place,
        {{ safe_divide('sum(dividend) filter (where is_used)', 'sum(divisor) filter (where is_used)') }} as quotient,
        count(*) filter (where is_used) as months_present,
        coalesce(sum(source_rows) filter (where is_used), 0) as source_rows,
        max(freshest_at) filter (where is_used) as freshest_at
    from judged
    group by 1, 2, 3, 4, 5, 6
),

figures as (
    select
        organization_id,
        client_id,
        quarter,
        metric,
        scale,
        case when count(quotient) = count(*) then avg(quotient) end as quotient,
        min(months_present)::integer as months_present,
        sum(source_rows)::bigint as source_rows,
        max(freshest_at) as freshest_at
    from added
    group by 1, 2, 3, 4, 5
),

explained as (
    select
        organization_id,
        client_id,
        quarter,
        metric,
        bool_or(is_complete_period) as has_complete_month,
        string_agg(distinct reason, ' ') filter (where is_complete_period) as reason
    from months
    group by 1, 2, 3, 4
)

select
    organization_id,
    client_id,
    quarter,
    metric,
    case figures.scale
        when 2 then {{ round_half_even('figures.quotient', 2) }}
        else {{ round_half_even('figures.quotient', 4) }}
    end as value,
    figures.months_present,
    case
        when figures.quotient is not null then null
        when not explained.has_complete_month then format('No month of %s is complete yet.', quarter)
        -- Where somebody entered its months there is no reason for them, and nothing to divide either.
        else coalesce(explained.reason, 'No month has all that it is calculated from.')
    end as reason,
    figures.source_rows,
    figures.freshest_at
from figures
inner join explained using (organization_id, client_id, quarter, metric)
