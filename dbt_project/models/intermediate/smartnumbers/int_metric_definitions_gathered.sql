-- The one list of metrics, whichever domain defines them: a seed a domain, each with the same header.
{% set seeds = [
    'metric_definitions_engagement',
    'metric_definitions_executive',
    'metric_definitions',
    'metric_definitions_finance',
    'metric_definitions_operations',
    'metric_definitions_revenue',
] %}

{% for seed in seeds %}
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
from {{ ref(seed) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
