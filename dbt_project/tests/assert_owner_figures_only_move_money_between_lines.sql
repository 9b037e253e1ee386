-- What the owner takes is taken out of payroll and put beside it, so it cannot change the total: where every line was
-- calculated, total expenses are those of the books with cost of goods and without uncategorized expenses.
with lines as (
    select
        organization_id,
        period,
        max(value) filter (where metric = 'total_expenses') as total_expenses,
        max(value) filter (where metric = 'total_expenses_qb') as total_expenses_qb,
        max(value) filter (where metric = 'product_cogs') as product_cogs,
        max(value) filter (where metric = 'uncategorized_expenses') as uncategorized_expenses
    from {{ ref('fct_metrics_monthly') }}
    where client_id = 'all'
    group by 1, 2
    having
        count(*) filter (
            where metric in ('employee_expense', 'other_expenses', 'total_expenses') and method = 'calculated'
        ) = 3
)

select *
from lines
where total_expenses <> total_expenses_qb + product_cogs - uncategorized_expenses
