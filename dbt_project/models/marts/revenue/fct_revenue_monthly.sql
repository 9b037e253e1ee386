{% set money = [
    'mrr_run_rate', 'arr', 'arpa', 'opening_mrr', 'fx_mrr', 'new_mrr', 'expansion_mrr', 'contraction_mrr', 'churn_mrr',
    'reactivation_mrr', 'ltv',
] -%}
{% set fractions = [
    'net_revenue_retention', 'gross_revenue_retention', 'net_revenue_retention_12_months',
    'gross_revenue_retention_12_months', 'customer_churn_rate', 'revenue_churn_rate', 'quick_ratio', 'gross_margin',
] -%}

with months as (
    select * from {{ ref('int_revenue_months_calculated') }}
)

select
    organization_id,
    period,
    {%- for figure in money %}
    {{ round_half_even(figure, 2) }} as {{ figure }},
    {%- endfor %}
    {%- for figure in fractions %}
    {{ round_half_even(figure, 4) }} as {{ figure }},
    {%- endfor %}
    paying_clients::integer as paying_clients,
    opening_clients::integer as opening_clients,
    churned_clients::integer as churned_clients,
    stripe_failed_payments::integer as stripe_failed_payments,
    trial_started::integer as trial_started,
    trial_converted::integer as trial_converted,
    mrr_reason,
    movement_reason,
    year_reason,
    margin_reason,
    nullif(
        concat_ws(
            ' ',
            case when mrr_reason is null and arpa is null then 'No client pays at the end of the month.' end,
            case
                when movement_reason is null and net_revenue_retention is null
                    then 'The month began without recurring revenue.'
            end,
            case
                when movement_reason is null and quick_ratio is null
                    then 'No recurring revenue was lost, and nothing can be divided by that.'
            end,
            case
                when movement_reason is null and opening_clients > 0 and churned_clients = 0
                    then 'No client was lost, so the month does not tell how long one stays.'
            end
        ),
        ''
    ) as ratio_reason,
    coalesce(stripe_failed_payments_reason, trial_started_reason, trial_converted_reason) as happenings_reason
from months
