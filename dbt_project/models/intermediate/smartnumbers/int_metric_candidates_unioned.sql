{% set models = [
    'int_metric_parts_unioned',
    'int_profit_metrics_calculated',
    'int_business_metrics_calculated',
    'int_operations_metrics_calculated',
] %}

{% for model in models %}
select
    organization_id,
    client_id,
    period,
    metric,
    value,
    unit,
    method,
    basis,
    reason,
    source,
    model,
    source_rows,
    freshest_at
from {{ ref(model) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
