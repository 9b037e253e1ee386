{{ config(materialized='table') }}

{% set formulas = smartnumber_formulas() %}
{% set inputs = smartnumber_parts() %}

with months as (
    select
        organization_id,
        quarter,
        period,
        is_complete
    from {{ ref('dim_periods') }}
),

definitions as (
    select * from {{ ref('int_metric_definitions_gathered') }}
),

needs as (
    select
        inputs.metric,
        inputs.input,
        definitions.label,
        definitions.unit,
        definitions.aggregation
    from {{ ref('smartnumber_inputs') }} as inputs
    inner join definitions on inputs.input = definitions.metric
),

metrics as (
    select * from {{ ref('int_metrics_resolved') }}
    where client_id = 'all'
),

-- A month still running would pass for a slow one, so it waits until it is over. And inputs of different months must
-- not meet in one quotient: a month is usable when every input of that SmartNumber has a value in it.
monthly as (
    select
        months.organization_id,
        months.quarter,
        months.period,
        needs.metric,
        needs.input,
        metrics.value,
        metrics.method,
        metrics.reason,
        metrics.source,
        metrics.model,
        metrics.source_rows,
        metrics.freshest_at,
        bool_and(metrics.value is not null) over (
            partition by months.organization_id, months.period, needs.metric
        ) as is_usable
    from months
    cross join needs
    left join metrics
        on
            months.organization_id = metrics.organization_id
            and months.period = metrics.period
            and needs.input = metrics.metric
    where months.is_complete
),

-- 40 working hours a week for 4.175 weeks, unless the organization counts otherwise.
quarters as (
    select distinct
        months.organization_id,
        months.quarter,
        coalesce(organizations.working_hours_per_month, 167) as working_hours_per_month
    from months
    inner join {{ ref('dim_organizations') }} as organizations using (organization_id)
),

gathered as (
    select
        quarters.organization_id,
        quarters.quarter,
        quarters.working_hours_per_month,
        needs.metric,
        needs.input,
        needs.label,
        needs.unit,
        needs.aggregation,
        count(*) filter (where monthly.is_usable)::integer as months,
        sum(monthly.value) filter (where monthly.is_usable) as total,
        jsonb_object_agg(monthly.period, monthly.value) filter (where monthly.is_usable) as by_month,
        string_agg(distinct monthly.method, ', ') filter (where monthly.is_usable) as method,
        string_agg(distinct monthly.source, ', ') filter (where monthly.is_usable) as source,
        string_agg(distinct monthly.model, ', ') filter (where monthly.is_usable) as model,
        coalesce(sum(monthly.source_rows) filter (where monthly.is_usable), 0)::bigint as source_rows,
        max(monthly.freshest_at) filter (where monthly.is_usable) as freshest_at,
        string_agg(monthly.period, ', ' order by monthly.period)
        filter (where monthly.period is not null and monthly.value is null) as missing_in,
        string_agg(distinct rtrim(monthly.reason, '.'), '; ') filter (where monthly.value is null) as missing_because
    from quarters
    cross join needs
    left join monthly using (organization_id, quarter, metric, input)
    group by 1, 2, 3, 4, 5, 6, 7, 8
),

totals as (
    select
        organization_id,
        quarter,
        metric,
        max(months) as months_present,
        {%- for input in inputs %}
        max(total) filter (where input = '{{ input }}') as {{ input }},
        {%- endfor %}
        jsonb_object_agg(input, jsonb_build_object(
            'label', label,
            'value', case aggregation when 'average' then total / nullif(months, 0) else total end,
            'unit', unit,
            'aggregation', aggregation,
            'months', months,
            'by_month', coalesce(by_month, '{}'),
            'method', method,
            'source', source,
            'model', model,
            'source_rows', source_rows,
            'freshest_at', freshest_at,
            'missing_in', missing_in
        )) as inputs,
        sum(source_rows)::bigint as source_rows,
        max(freshest_at) as freshest_at,
        max(working_hours_per_month) as working_hours_per_month,
        string_agg(format('%s has no value in %s (%s)', input, missing_in, missing_because), '; ' order by input)
        filter (where missing_in is not null) as missing
    from gathered
    group by 1, 2, 3
),

quotients as (
    select
        *,
        {{ smartnumber_quotient('metric') }} as quotient,
        case metric
            {%- for metric, (dividend, divisor) in formulas.items() if divisor != '1' %}
            when '{{ metric }}' then case when {{ divisor }} = 0 then '{{ divisor }}' end
            {%- endfor %}
        end as zero_divisor
    from totals
)

select
    quotients.organization_id,
    quotients.quarter,
    quotients.metric,
    case definitions.scale
        when 2 then {{ round_half_even('quotients.quotient', 2) }}
        when 4 then {{ round_half_even('quotients.quotient', 4) }}
    end as value,
    case
        when quotients.quotient is not null then null
        when quotients.zero_divisor is not null
            then format('%s is 0 over the months used, and nothing can be divided by it.', quotients.zero_divisor)
        when quotients.missing is not null then quotients.missing || '.'
        else format('No month of %s is complete yet.', quotients.quarter)
    end as reason,
    quotients.months_present,
    quotients.months_present < 3 as is_incomplete,
    case
        when quotients.metric = 'reactive_service_pct'
            then quotients.inputs || jsonb_build_object(
                'working_hours_per_month', jsonb_build_object(
                    'label', 'Working hours per month',
                    'value', quotients.working_hours_per_month,
                    'unit', 'hours',
                    'method', 'setting'
                )
            )
        else quotients.inputs
    end as inputs,
    quotients.source_rows,
    quotients.freshest_at
from quotients
inner join definitions using (metric)
