with parts as (
    select * from {{ ref('int_business_parts_gathered') }}
),

scales (metric, unit, scale) as (
    values
    ('msp_turning_point', 'ratio', 4),
    ('msp_turning_point_full', 'ratio', 4),
    ('msp_dollar_difference', 'usd', 2),
    ('labor_efficiency_ratio', 'ratio', 4),
    ('gross_margin_pct', 'fraction', 4),
    ('gross_margin_per_employee', 'usd', 2),
    ('cash_reserve_months', 'months', 2)
),

quotients as (
    select
        organization_id,
        period,
        metric,
        case when missing is null then {{ safe_divide('dividend', 'divisor') }} end as quotient,
        case
            when missing is not null then format('Cannot be calculated without %s.', missing)
            when divisor = 0 then format('%s is 0, and nothing can be divided by it.', divided_by)
        end as reason,
        basis,
        source_rows,
        freshest_at
    from parts
),

periods as (
    select
        organization_id,
        period,
        year
    from {{ ref('dim_periods') }}
),

inputs as (
    select * from {{ ref('int_business_inputs_settled') }}
),

years as (
    select
        organization_id,
        year,
        months_present,
        case when months_present = 12 then total_expenses / 12 end as avg_expenses
    from {{ ref('int_business_years_added') }}
),

reserves as (
    select
        periods.organization_id,
        periods.period,
        'cash_reserve_months' as metric,
        {{ safe_divide('inputs.value', 'years.avg_expenses') }} as quotient,
        case
            when inputs.value is null then 'Cannot be calculated without cash_reserve.'
            when years.avg_expenses is null
                then format(
                    'Only %s of 12 months of %s have total_expenses.',
                    coalesce(years.months_present, 0),
                    periods.year - 1
                )
            when years.avg_expenses = 0
                then format('total_expenses of %s is 0, and nothing can be divided by it.', periods.year - 1)
        end as reason,
        null::text as basis,
        coalesce(inputs.source_rows, 0)::bigint as source_rows,
        inputs.freshest_at
    from periods
    left join inputs
        on
            periods.organization_id = inputs.organization_id
            and periods.period = inputs.period
            and inputs.metric = 'cash_reserve'
    left join years
        on
            periods.organization_id = years.organization_id
            and periods.year - 1 = years.year
),

figures as (
    select * from quotients
    union all
    select * from reserves
)

select
    figures.organization_id,
    'all' as client_id,
    figures.period,
    figures.metric,
    case scales.scale
        when 2 then {{ round_half_even('figures.quotient', 2) }}
        when 4 then {{ round_half_even('figures.quotient', 4) }}
    end as value,
    scales.unit,
    'calculated' as method,
    figures.basis,
    figures.reason,
    'calculated' as source,
    'int_business_metrics_calculated' as model,
    figures.source_rows,
    figures.freshest_at
from figures
inner join scales using (metric)
