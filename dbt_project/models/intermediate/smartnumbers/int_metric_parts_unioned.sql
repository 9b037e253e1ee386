{{ config(materialized='table') }}

{% set models = [
    'int_executive_metrics_gathered',
    'int_operations_metrics_counted',
    'int_device_metrics_estimated',
    'int_profit_and_loss_metrics_calculated',
    'int_receivable_metrics_counted',
    'int_manual_metrics_recorded',
    'int_revenue_metrics_calculated',
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
