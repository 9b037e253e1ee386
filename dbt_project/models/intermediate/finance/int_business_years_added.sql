with periods as (
    select
        organization_id,
        period,
        year
    from {{ ref('dim_periods') }}
    where is_complete
),

inputs as (
    select * from {{ ref('int_business_inputs_settled') }}
)

select
    periods.organization_id,
    periods.year,
    sum(inputs.value) filter (where inputs.metric = 'total_revenue') as total_revenue,
    sum(inputs.value) filter (where inputs.metric = 'total_expenses') as total_expenses,
    sum(inputs.value) filter (where inputs.metric = 'net_profit') as net_profit,
    count(*) filter (where inputs.metric = 'total_expenses')::integer as months_present,
    count(*) filter (where inputs.metric = 'total_revenue')::integer as revenue_months,
    count(*) filter (where inputs.metric = 'net_profit')::integer as profit_months,
    max(inputs.freshest_at) as freshest_at
from periods
left join inputs
    on
        periods.organization_id = inputs.organization_id
        and periods.period = inputs.period
        and inputs.metric in ('total_revenue', 'total_expenses', 'net_profit')
group by 1, 2
