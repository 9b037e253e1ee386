with definitions as (
    select * from {{ ref('metric_definitions') }}
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
