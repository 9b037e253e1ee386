{% set parts = smartnumber_parts() %}

with smartnumbers as (
    select
        figures.*,
        definitions.aggregation = 'sum' as is_total
    from {{ ref('fct_smartnumbers') }} as figures
    inner join {{ ref('dim_metrics') }} as definitions using (metric)
),

needs as (
    select * from {{ ref('smartnumber_inputs') }}
),

-- A quarter of two months beside one of three has to show no change of volume, so what is summed counts per month.
-- SmartNumbers that are sums themselves are compared over the same months only, and keep their totals.
inputs as (
    select
        now.organization_id,
        now.quarter,
        now.metric,
        needs.input,
        needs.position,
        now.inputs -> needs.input ->> 'label' as label,
        now.inputs -> needs.input ->> 'unit' as unit,
        {% for row, name in [('now', 'amount'), ('previous', 'previous_amount')] %}
        (
            ({{ row }}.inputs -> needs.input ->> 'value')::numeric
            / case
                when {{ row }}.inputs -> needs.input ->> 'aggregation' = 'sum' and not now.is_total
                    then nullif({{ row }}.months_present, 0)
                else 1
            end
        ) as {{ name }},
        {% endfor %}
        (now.inputs -> 'working_hours_per_month' ->> 'value')::numeric as working_hours_per_month
    from smartnumbers as now
    inner join needs using (metric)
    left join smartnumbers as previous
        on
            now.organization_id = previous.organization_id
            and now.metric = previous.metric
            and now.previous_quarter = previous.quarter
),

steps as (
    select
        metric,
        position as step
    from needs
    union all
    select distinct
        metric,
        0 as step
    from needs
),

-- Step by step the inputs of the quarter before give way to those of this one, in the order of the formula.
mixed as (
    select
        inputs.organization_id,
        inputs.quarter,
        inputs.metric,
        steps.step,
        {%- for part in parts %}
        max(case when inputs.position <= steps.step then inputs.amount else inputs.previous_amount end)
        filter (where inputs.input = '{{ part }}') as {{ part }},
        {%- endfor %}
        max(inputs.working_hours_per_month) as working_hours_per_month
    from inputs
    inner join steps using (metric)
    group by 1, 2, 3, 4
),

computed as (
    select
        organization_id,
        quarter,
        metric,
        step,
        {{ smartnumber_quotient('metric') }} as quotient
    from mixed
),

-- The ends are the figures as they are published, and every step between is rounded as they are: so the differences
-- add up to the published change, to the last digit.
standing as (
    select
        computed.organization_id,
        computed.quarter,
        computed.metric,
        computed.step,
        case
            when smartnumbers.change is null then null
            when computed.step = 0 then smartnumbers.previous_value
            when computed.step = max(computed.step) over figure then smartnumbers.value
            when smartnumbers.scale = 2 then {{ round_half_even('computed.quotient', 2) }}
            else {{ round_half_even('computed.quotient', 4) }}
        end as value,
        count(*) over figure as steps
    from computed
    inner join smartnumbers using (organization_id, quarter, metric)
    window figure as (partition by computed.organization_id, computed.quarter, computed.metric)
),

differences as (
    select
        organization_id,
        quarter,
        metric,
        step,
        value - lag(value) over (partition by organization_id, quarter, metric order by step) as contribution,
        count(value) over (partition by organization_id, quarter, metric) = steps as is_whole
    from standing
)

select
    inputs.organization_id,
    inputs.quarter,
    inputs.metric,
    inputs.input as driver,
    inputs.position,
    inputs.label,
    inputs.unit,
    inputs.amount,
    inputs.previous_amount,
    case when differences.is_whole then differences.contribution end as contribution,
    smartnumbers.change,
    case
        when differences.is_whole then null
        when smartnumbers.value is null then smartnumbers.reason
        when smartnumbers.previous_value is null
            then format('%s has no value to compare with.', smartnumbers.previous_quarter)
        when smartnumbers.change is null
            then format('A sum of %s months is not compared with one of another number.', smartnumbers.months_present)
        else 'On the way from one quarter to the other the divisor is 0, so the change cannot be told apart.'
    end as reason
from inputs
inner join smartnumbers using (organization_id, quarter, metric)
inner join differences
    on
        inputs.organization_id = differences.organization_id
        and inputs.quarter = differences.quarter
        and inputs.metric = differences.metric
        and inputs.position = differences.step
