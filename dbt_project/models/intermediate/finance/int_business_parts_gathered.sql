{{ config(materialized='table') }}

{#- What is divided by what. The owner's taxes are left out of the turning point and in the dollar difference. -#}
{% set service = {'nrr': 1, 'mrr': 1} -%}
{% set margin = {'total_revenue': 1, 'product_cogs': -1} -%}
{% set costs = {'employee_expense': 1, 'owner_comp': 1, 'other_expenses': 1} -%}
{% set all_costs = dict(costs, owner_comp_taxes=1) -%}
{% set formulas = {
    'msp_turning_point': (service, costs),
    'msp_turning_point_full': (service, all_costs),
    'msp_dollar_difference': (
        dict(service, employee_expense=-1, owner_comp=-1, other_expenses=-1, owner_comp_taxes=-1), {}
    ),
    'labor_efficiency_ratio': (margin, {'employee_expense': 1, 'owner_comp': 1}),
    'gross_margin_pct': (margin, {'total_revenue': 1}),
    'gross_margin_per_employee': (margin, {'employees': 1}),
} -%}

with periods as (
    select
        organization_id,
        period,
        quarter,
        is_complete
    from {{ ref('dim_periods') }}
),

parts (metric, side, part, sign) as (
    values
    {%- for metric, sides in formulas.items() %}
    {%- set last_formula = loop.last %}
    {%- for part, sign in sides[0].items() %}
    ('{{ metric }}', 'dividend', '{{ part }}', {{ sign }}){{ ',' if not (last_formula and loop.last and not sides[1]) }}
    {%- endfor %}
    {%- for part, sign in sides[1].items() %}
    ('{{ metric }}', 'divisor', '{{ part }}', {{ sign }}){{ ',' if not (last_formula and loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

inputs as (
    select * from {{ ref('int_business_inputs_settled') }}
)

select
    periods.organization_id,
    periods.period,
    periods.quarter,
    periods.is_complete,
    parts.metric,
    sum(parts.sign * inputs.value) filter (where parts.side = 'dividend') as dividend,
    coalesce(
        sum(parts.sign * inputs.value) filter (where parts.side = 'divisor'),
        case when not bool_or(parts.side = 'divisor') then 1 end
    ) as divisor,
    string_agg(distinct parts.part, ' + ') filter (where parts.side = 'divisor') as divided_by,
    string_agg(distinct parts.part, ', ') filter (where inputs.value is null) as missing,
    max(inputs.basis) filter (where inputs.method in ('accounting', 'calculated')) as basis,
    coalesce(sum(inputs.source_rows), 0)::bigint as source_rows,
    max(inputs.freshest_at) as freshest_at
from periods
cross join parts
left join inputs
    on
        periods.organization_id = inputs.organization_id
        and periods.period = inputs.period
        and parts.part = inputs.metric
group by 1, 2, 3, 4, 5
