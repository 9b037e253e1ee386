{% for model in ['int_metric_parts_unioned', 'int_profit_metrics_calculated'] %}
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
