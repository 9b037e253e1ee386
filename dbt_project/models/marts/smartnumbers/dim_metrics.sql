with definitions as (
    select * from {{ ref('int_metric_definitions_gathered') }}
)

select
    metric,
    label,
    category,
    unit,
    scale,
    aggregation,
    better,
    block,
    position,
    is_monthly,
    is_monthly_input,
    is_intermediate,
    is_smartnumber,
    is_headline,
    is_protected,
    may_be_negative,
    usual_source,
    formula,
    null_rule
from definitions
