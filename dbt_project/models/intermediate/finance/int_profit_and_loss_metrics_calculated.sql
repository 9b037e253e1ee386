{% set mapped_metrics = [
    'nrr', 'mrr', 'orr', 'misc_revenue', 'product_cogs', 'payroll_total', 'uncategorized_expenses'
] %}

with periods as (
    select
        organization_id,
        period,
        is_complete
    from {{ ref('dim_periods') }}
),

-- An organization reads its books on one basis; figures of the other never mix in.
bases as (
    select
        organization_id,
        coalesce(profit_and_loss_basis, 'Accrual') as basis
    from {{ ref('dim_organizations') }}
),

readings as (
    select
        organization_id,
        period,
        reason
    from {{ ref('int_periods_covered') }}
    where
        source = 'quickbooks'
        and stream = 'profit_and_loss'
),

reports as (
    select
        organization_id,
        period,
        basis,
        extracted_at
    from {{ ref('stg_quickbooks__profit_and_loss') }}
    where not is_deleted
),

lines as (
    select * from {{ ref('int_report_lines_mapped') }}
),

rules as (
    select distinct
        organization_id,
        metric
    from {{ source('app', 'account_rules') }}
),

-- Where an account was booked outside the group its metric belongs to, the mapping decides and not the bookkeeper's
-- group: otherwise it would be counted in two metrics, or in none.
line_metrics as (
    select
        organization_id,
        period,
        basis,
        metric,
        amount,
        source_rows
    from lines
    where
        metric in (
            {%- for metric in mapped_metrics %}
            '{{ metric }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
    union all
    select
        organization_id,
        period,
        basis,
        'total_income' as metric,
        amount,
        source_rows
    from lines
    where
        (report_group = 'Income' and metric is distinct from 'misc_revenue')
        or metric in ('nrr', 'mrr', 'orr', 'product_sales')
    union all
    select
        organization_id,
        period,
        basis,
        'total_expenses_qb' as metric,
        amount,
        source_rows
    from lines
    where
        (report_group in ('Expenses', 'OtherExpenses') and metric is distinct from 'product_cogs')
        or metric in ('payroll_total', 'other_expenses', 'uncategorized_expenses')
),

sums as (
    select
        organization_id,
        period,
        basis,
        metric,
        sum(amount) as amount,
        sum(source_rows) as source_rows
    from line_metrics
    group by 1, 2, 3, 4
),

metrics (metric, needs_rule) as (
    values
    {%- for metric in mapped_metrics %}
    ('{{ metric }}', true),
    {%- endfor %}
    ('total_income', false),
    ('total_expenses_qb', false)
),

judged as (
    select
        periods.organization_id,
        periods.period,
        bases.basis,
        reports.extracted_at,
        case
            when reports.extracted_at is null
                then coalesce(
                    readings.reason,
                    format(
                        'QuickBooks gave no profit and loss report of %s on the basis %s.',
                        periods.period,
                        bases.basis
                    )
                )
            -- The report is there, but it was printed while postings were still to come.
            when periods.is_complete then readings.reason
        end as reason
    from periods
    inner join bases using (organization_id)
    left join readings using (organization_id, period)
    left join reports using (organization_id, period, basis)
),

candidates as (
    select
        judged.organization_id,
        judged.period,
        metrics.metric,
        judged.basis,
        coalesce(
            judged.reason,
            case
                when metrics.needs_rule and rules.metric is null
                    then format('No account is mapped to %s: add an account rule for it.', metrics.metric)
            end
        ) as reason,
        -- In a report that was read, accounts without postings are left out: their sum is a measured zero.
        coalesce(sums.amount, 0) as amount,
        coalesce(sums.source_rows, 0)::bigint as source_rows,
        judged.extracted_at as freshest_at
    from judged
    cross join metrics
    left join rules using (organization_id, metric)
    left join sums using (organization_id, period, basis, metric)
)

select
    organization_id,
    'all' as client_id,
    period,
    metric,
    case when reason is null then amount end as value,
    'usd' as unit,
    'accounting' as method,
    basis,
    reason,
    'quickbooks' as source,
    'int_profit_and_loss_metrics_calculated' as model,
    source_rows,
    freshest_at
from candidates
