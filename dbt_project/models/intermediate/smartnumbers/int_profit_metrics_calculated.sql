-- Each step may need what an earlier one settled: total_expenses needs employee_expense, and a correction or an import
-- of employee_expense must reach it.
with parts (step, metric, part, sign, is_required) as (
    values
    (1, 'product_sales', 'total_income', 1, true),
    (1, 'product_sales', 'nrr', -1, true),
    (1, 'product_sales', 'mrr', -1, true),
    (1, 'product_sales', 'orr', -1, true),
    (1, 'employee_expense', 'payroll_total', 1, true),
    (1, 'employee_expense', 'owner_comp', -1, true),
    (1, 'employee_expense', 'owner_comp_taxes', -1, true),
    (2, 'other_expenses', 'total_expenses_qb', 1, true),
    (2, 'other_expenses', 'employee_expense', -1, true),
    (2, 'other_expenses', 'owner_comp', -1, true),
    (2, 'other_expenses', 'owner_comp_taxes', -1, true),
    (2, 'total_revenue', 'nrr', 1, true),
    (2, 'total_revenue', 'mrr', 1, true),
    (2, 'total_revenue', 'orr', 1, true),
    (2, 'total_revenue', 'product_sales', 1, true),
    -- Many organizations have no such income at all, so its absence does not hold the total back.
    (2, 'total_revenue', 'misc_revenue', 1, false),
    (3, 'total_expenses', 'employee_expense', 1, true),
    (3, 'total_expenses', 'owner_comp_taxes', 1, true),
    (3, 'total_expenses', 'owner_comp', 1, true),
    (3, 'total_expenses', 'product_cogs', 1, true),
    (3, 'total_expenses', 'other_expenses', 1, true),
    (3, 'total_expenses', 'uncategorized_expenses', -1, true),
    (4, 'net_profit', 'total_revenue', 1, true),
    (4, 'net_profit', 'total_expenses', -1, true)
),

-- Figures of the books whose lines are all among the lines of another one.
contained (part, whole) as (
    values
    ('nrr', 'total_income'),
    ('mrr', 'total_income'),
    ('orr', 'total_income'),
    ('payroll_total', 'total_expenses_qb'),
    ('uncategorized_expenses', 'total_expenses_qb')
),

-- The metrics that each step settles.
steps as (
    select distinct
        step,
        metric
    from parts
),

periods as (
    select
        organization_id,
        period
    from {{ ref('dim_periods') }}
),

recorded as (
    select
        organization_id,
        period,
        metric,
        value,
        method,
        basis,
        null::text as missing,
        -- What a total is made of at the bottom, each with its rows: two parts of it may be made of the same.
        format('%s %s %s', metric, method, source_rows) as origins,
        freshest_at
    from {{ ref('int_metric_parts_unioned') }}
    where
        client_id = 'all'
        and value is not null
),

settled_0 as (
    select distinct on (organization_id, period, metric) *
    from recorded
    where metric not in (select steps.metric from steps)
    order by organization_id, period, metric, {{ method_rank('method') }}
),

{% for step in [1, 2, 3, 4] %}
calculated_{{ step }} as (
    select
        periods.organization_id,
        periods.period,
        parts.metric,
        case
            when bool_and(settled.value is not null or not parts.is_required) then sum(parts.sign * settled.value)
        end as value,
        'calculated' as method,
        max(settled.basis) filter (where settled.method in ('accounting', 'calculated')) as basis,
        -- What a person has to supply: the parts missing at the bottom, not the totals in between.
        string_agg(coalesce(settled.missing, parts.part), ',') filter (
            where settled.value is null and parts.is_required
        ) as missing,
        string_agg(settled.origins, ',') as origins,
        max(settled.freshest_at) as freshest_at
    from periods
    cross join parts
    left join settled_{{ step - 1 }} as settled
        on
            periods.organization_id = settled.organization_id
            and periods.period = settled.period
            and parts.part = settled.metric
    where parts.step = {{ step }}
    group by periods.organization_id, periods.period, parts.metric
),

settled_{{ step }} as (
    select * from settled_{{ step - 1 }}
    union all
    (
        select distinct on (organization_id, period, metric) *
        from (
            select * from calculated_{{ step }}
            union all
            select recorded.*
            from recorded
            inner join steps on recorded.metric = steps.metric
            where steps.step = {{ step }}
        ) as contenders
        order by organization_id, period, metric, value is null, {{ method_rank('method') }}
    )
),

{% endfor %}
calculated as (
    {% for step in [1, 2, 3, 4] %}
    select * from calculated_{{ step }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

origins as (
    select distinct
        calculated.organization_id,
        calculated.period,
        calculated.metric,
        split_part(one.origin, ' ', 1) as origin,
        split_part(one.origin, ' ', 2) as method,
        split_part(one.origin, ' ', 3)::bigint as source_rows
    from calculated
    cross join lateral unnest(string_to_array(calculated.origins, ',')) as one (origin)
),

counted as (
    select
        origins.organization_id,
        origins.period,
        origins.metric,
        sum(origins.source_rows)::bigint as source_rows
    from origins
    where
        not exists (
            select 1
            from contained
            inner join origins as wholes on contained.whole = wholes.origin
            where
                contained.part = origins.origin
                and wholes.organization_id = origins.organization_id
                and wholes.period = origins.period
                and wholes.metric = origins.metric
                and wholes.method = 'accounting'
                and origins.method = 'accounting'
        )
    group by origins.organization_id, origins.period, origins.metric
)

select
    organization_id,
    'all' as client_id,
    period,
    metric,
    value,
    'usd' as unit,
    method,
    basis,
    case
        when value is null
            then format(
                'Cannot be calculated without %s.',
                (
                    select string_agg(distinct part, ', ' order by part)
                    from unnest(string_to_array(missing, ',')) as part
                )
            )
    end as reason,
    'calculated' as source,
    'int_profit_metrics_calculated' as model,
    coalesce(counted.source_rows, 0) as source_rows,
    freshest_at
from calculated
left join counted using (organization_id, period, metric)
