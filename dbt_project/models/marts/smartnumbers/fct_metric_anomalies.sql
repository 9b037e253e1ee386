{{ config(materialized='table') }}

with months as (
    select
        organization_id,
        client_id,
        period,
        metric,
        value,
        unit,
        reason,
        -- The calendar's twelve months before, however many of them have a value.
        array_agg(value) over (
            partition by organization_id, client_id, metric
            order by {{ month_number_of('period') }}
            range between 12 preceding and 1 preceding
        ) as values_before
    from {{ ref('fct_metrics_monthly') }}
    where is_complete_period
),

-- Each median is taken once: a step that is not kept would be written out wherever the next one names it.
centred as materialized (
    select
        *,
        (select count(one.number)::integer from unnest(values_before) as one (number)) as months_before,
        {{ median_of('values_before') }} as median
    from months
),

spread as materialized (
    select
        *,
        {{ median_of(
            'array(select abs(one.number - median) from unnest(values_before) as one (number))'
        ) }} as deviation,
        (select avg(abs(one.number - median)) from unnest(values_before) as one (number)) as mean_deviation
    from centred
),

-- Where more than half of the months are alike the median deviation is 0, and the mean deviation takes its place. The
-- factors make both comparable with a standard deviation.
scored as (
    select
        *,
        {{ round_half_even(
            'coalesce(' ~ safe_divide('0.6745 * (value - median)', 'deviation') ~ ', '
            ~ safe_divide('value - median', '1.253314 * mean_deviation') ~ ')', 4
        ) }} as score
    from spread
)

select
    organization_id,
    client_id,
    period,
    metric,
    value,
    unit,
    months_before,
    case when months_before >= 6 then trim_scale(median) end as median,
    case when months_before >= 6 then trim_scale(deviation) end as deviation,
    case when months_before >= 6 then score end as score,
    case
        when value is null or months_before < 6 then null
        -- A twentieth of what is usual is worth nobody's attention, however steady the months before were.
        when abs(value - median) <= 0.05 * abs(median) then false
        when mean_deviation = 0 then true
        else abs(score) > 3.5
    end as is_anomaly,
    case
        when value is null then reason
        when months_before < 6
            then format('Only %s of the 12 months before have a value; at least 6 are needed.', months_before)
    end as reason
from scored
