with history as (
    select
        metrics.organization_id,
        metrics.metric,
        metrics.value,
        {{ month_number_of('metrics.period') }} as month
    from {{ ref('fct_metrics_monthly') }} as metrics
    where
        metrics.client_id = 'all'
        and metrics.is_complete_period
),

-- The month that is forecast stands behind those that are over.
months as (
    select
        *,
        false as is_next
    from history
    union all
    select
        organization_id,
        metric,
        null as value,
        max(month) + 1 as month,
        true as is_next
    from history
    group by organization_id, metric
),

-- A line through what the twelve months before hold, by least squares, in whole numbers until the one division.
summed as (
    select
        *,
        count(value) over before as months_before,
        sum(month) filter (where value is not null) over before as sum_x,
        sum(value) over before as sum_y,
        sum(month::numeric * month) filter (where value is not null) over before as sum_xx,
        sum(month * value) over before as sum_xy,
        lag(value) over (partition by organization_id, metric order by month) as last_value
    from months
    window before as (
        partition by organization_id, metric order by month range between 12 preceding and 1 preceding
    )
),

drawn as (
    select
        summed.*,
        case
            when summed.months_before >= 6 then {{ round_half_even(
                'greatest(' ~ safe_divide(
                    'summed.sum_y * summed.sum_xx - summed.sum_x * summed.sum_xy'
                    ~ ' + summed.month * (summed.months_before * summed.sum_xy - summed.sum_x * summed.sum_y)',
                    'summed.months_before * summed.sum_xx - summed.sum_x * summed.sum_x'
                ) ~ ", case when definitions.may_be_negative then '-Infinity'::numeric else 0 end)", 4
            ) }}
        end as line
    from summed
    inner join {{ ref('dim_metrics') }} as definitions using (metric)
),

-- The same line drawn for every month of the last year from the months before it, as if it had not come yet.
tested as (
    select
        drawn.organization_id,
        drawn.metric,
        count(*)::integer as back_tests,
        {{ round_half_even('avg(abs(drawn.value - drawn.line))', 4) }} as mean_error,
        {{ round_half_even('avg(abs(drawn.value - drawn.last_value))', 4) }} as mean_error_of_last_value,
        percentile_disc(0.8) within group (order by abs(drawn.value - drawn.line)) as usual_error
    from drawn
    inner join drawn as upcoming
        on
            drawn.organization_id = upcoming.organization_id
            and drawn.metric = upcoming.metric
            and upcoming.is_next
            and drawn.month >= upcoming.month - 12
    where
        drawn.value is not null
        and drawn.line is not null
    group by drawn.organization_id, drawn.metric
)

select
    drawn.organization_id,
    drawn.metric,
    {{ period_of_number('drawn.month') }} as period,
    definitions.unit,
    drawn.line as value,
    case
        when tested.back_tests >= 6
            then greatest(
                drawn.line - tested.usual_error,
                case when definitions.may_be_negative then '-Infinity'::numeric else 0 end
            )
    end as low,
    case when tested.back_tests >= 6 then drawn.line + tested.usual_error end as high,
    drawn.months_before::integer as months_before,
    coalesce(tested.back_tests, 0) as back_tests,
    tested.mean_error,
    tested.mean_error_of_last_value,
    case
        when drawn.line is null
            then format(
                'Only %s of the 12 months before have a value; at least 6 are needed for a forecast.',
                drawn.months_before
            )
        when coalesce(tested.back_tests, 0) < 6
            then format(
                'Only %s months could be forecast and compared; at least 6 are needed for a range.',
                coalesce(tested.back_tests, 0)
            )
    end as reason
from drawn
inner join {{ ref('dim_metrics') }} as definitions using (metric)
left join tested using (organization_id, metric)
where drawn.is_next
