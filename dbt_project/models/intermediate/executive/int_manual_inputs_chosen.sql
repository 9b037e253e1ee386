with recorded as (
    select * from {{ ref('int_manual_metrics_recorded') }}
    where client_id = 'all'
),

chosen as (
    select distinct on (organization_id, period, metric) *
    from recorded
    order by organization_id, period, metric, {{ method_rank('method') }}
),

pivoted as (
    select
        organization_id,
        period,
        {%- for metric in [
            'cash_reserve', 'cash_burn_monthly', 'runway_months', 'sales_and_marketing_spend', 'customer_satisfaction',
            'nps', 'ai_accuracy_rate', 'ai_accuracy_sample_size'
        ] %}
    max(value) filter (where metric = '{{ metric }}') as {{ metric }},
    max(freshest_at) filter (where metric = '{{ metric }}' and value is not null) as {{ metric }}_entered_at
    {{- ',' if not loop.last }}
    {%- endfor %}
    from chosen
    group by organization_id, period
)

select * from pivoted
