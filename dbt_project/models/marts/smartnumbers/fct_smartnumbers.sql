with smartnumbers as (
    select
        *,
        make_date(left(quarter, 4)::integer, right(quarter, 1)::integer * 3 - 2, 1) as starts_on
    from {{ ref('int_smartnumbers_calculated') }}
),

definitions as (
    select * from {{ ref('dim_metrics') }}
    where is_smartnumber
),

thresholds as (
    select * from {{ source('app', 'current_thresholds') }}
),

compared as (
    select
        this_quarter.*,
        to_char(this_quarter.starts_on - interval '3 months', 'YYYY-"Q"Q') as previous_quarter,
        previous.value as previous_value,
        previous.is_incomplete as is_previous_incomplete,
        last_year.value as last_year_value,
        last_year.is_incomplete as is_last_year_incomplete,
        -- Averages and shares of fewer months can be set beside a full quarter; a sum of fewer months cannot.
        definitions.aggregation <> 'sum'
        or this_quarter.months_present = previous.months_present as is_comparable
    from smartnumbers as this_quarter
    inner join definitions using (metric)
    left join smartnumbers as previous
        on
            this_quarter.organization_id = previous.organization_id
            and this_quarter.metric = previous.metric
            and previous.starts_on = this_quarter.starts_on - interval '3 months'
    left join smartnumbers as last_year
        on
            this_quarter.organization_id = last_year.organization_id
            and this_quarter.metric = last_year.metric
            and last_year.starts_on = this_quarter.starts_on - interval '1 year'
)

select
    compared.organization_id,
    compared.quarter,
    compared.metric,
    definitions.block,
    definitions.position,
    definitions.is_headline,
    definitions.label,
    definitions.unit,
    definitions.scale,
    definitions.formula,
    compared.value,
    compared.reason,
    case
        when compared.value is null then 'grey'
        when
            num_nonnulls(thresholds.green_min, thresholds.green_max, thresholds.yellow_min, thresholds.yellow_max) = 0
            or thresholds.metric is null
            then 'neutral'
        -- An open bound excludes nothing, and a bound of 0 is a bound.
        when
            compared.value >= coalesce(thresholds.green_min, '-Infinity')
            and compared.value <= coalesce(thresholds.green_max, 'Infinity')
            then 'green'
        -- Without either yellow bound there is no yellow band; with one of them the other end is open.
        when
            num_nonnulls(thresholds.yellow_min, thresholds.yellow_max) > 0
            and compared.value >= coalesce(thresholds.yellow_min, '-Infinity')
            and compared.value <= coalesce(thresholds.yellow_max, 'Infinity')
            then 'yellow'
        else 'red'
    end as status,
    compared.months_present,
    compared.is_incomplete,
    compared.previous_quarter,
    compared.previous_value,
    compared.is_previous_incomplete,
    case when compared.is_comparable then compared.value - compared.previous_value end as change,
    case
        when compared.is_comparable
            then {{ round_half_even(
                safe_divide('compared.value - compared.previous_value', 'abs(compared.previous_value)'), 4
            ) }}
    end as change_fraction,
    compared.last_year_value,
    compared.is_last_year_incomplete,
    definitions.better,
    thresholds.green_min,
    thresholds.green_max,
    thresholds.yellow_min,
    thresholds.yellow_max,
    thresholds.red_threshold,
    compared.inputs,
    compared.source_rows,
    compared.freshest_at
from compared
inner join definitions using (metric)
left join thresholds using (organization_id, metric)
