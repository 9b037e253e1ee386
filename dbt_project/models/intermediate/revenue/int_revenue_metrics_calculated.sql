{#- Key, unit, decimals, what else than its own inputs may be missing, and what a divisor of 0 means. -#}
{% set metrics = [
    ('mrr_run_rate', 'usd', 2, 'mrr_reason', none),
    ('arr', 'usd', 2, 'mrr_reason', none),
    ('arpa', 'usd', 2, 'mrr_reason', 'No client pays at the end of the month.'),
    ('net_revenue_retention', 'fraction', 4, 'movement_reason', 'The month began without recurring revenue.'),
    ('gross_revenue_retention', 'fraction', 4, 'movement_reason', 'The month began without recurring revenue.'),
    ('revenue_churn_rate', 'fraction', 4, 'movement_reason', 'The month began without recurring revenue.'),
    ('customer_churn_rate', 'fraction', 4, 'movement_reason', 'The month began without a paying client.'),
    ('quick_ratio', 'ratio', 4, 'movement_reason', 'No recurring revenue was lost, and nothing can be divided by that.'),
    ('ltv', 'usd', 2, 'coalesce(mrr_reason, movement_reason, margin_reason, clients_reason)',
        'No client was lost, so the month does not tell how long one stays.'),
    ('stripe_failed_payments', 'count', 0, 'stripe_failed_payments_reason', none),
    ('trial_started', 'count', 0, 'trial_started_reason', none),
    ('trial_converted', 'count', 0, 'trial_converted_reason', none),
] -%}

with months as (
    select
        *,
        case
            when paying_clients = 0 then 'No client pays at the end of the month.'
            when opening_clients = 0 then 'The month began without a paying client.'
        end as clients_reason
    from {{ ref('int_revenue_months_calculated') }}
),

freshness as (
    select
        organization_id,
        period,
        freshest_at
    from {{ ref('int_stripe_months_judged') }}
),

of_the_organization as (
    {%- for metric, unit, scale, reason, divisor in metrics %}
    select
        organization_id,
        'all' as client_id,
        period,
        '{{ metric }}' as metric,
        {{ round_half_even(metric, scale) }} as value,
        '{{ unit }}' as unit,
        case
            when {{ metric }} is null
                then {% if divisor %}coalesce({{ reason }}, '{{ divisor }}'){% else %}{{ reason }}{% endif %}
        end as reason,
        source_rows,
        freshest_at
    from months
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

of_clients as (
    select
        summed.organization_id,
        summed.client_id,
        summed.period,
        'mrr_run_rate' as metric,
        case
            when bool_and(summed.mrr is not null) then {{ round_half_even('round(sum(summed.mrr), 8)', 2) }}
        end as value,
        'usd' as unit,
        min(summed.reason) as reason,
        sum(summed.items)::bigint as source_rows,
        max(freshness.freshest_at) as freshest_at
    from {{ ref('int_client_mrr_summed') }} as summed
    inner join freshness
        on
            summed.organization_id = freshness.organization_id
            and summed.period = freshness.period
    group by summed.organization_id, summed.client_id, summed.period
),

calculated as (
    select * from of_the_organization
    union all
    select * from of_clients
)

select
    organization_id,
    client_id,
    period,
    metric,
    value,
    unit,
    'calculated' as method,
    null::text as basis,
    reason,
    'stripe' as source,
    case
        when metric = 'mrr_run_rate' then 'fct_subscription_item_months' else 'fct_revenue_monthly'
    end as model,
    source_rows,
    freshest_at
from calculated
