with days as (
    select * from {{ ref('int_receivable_days_judged') }}
),

aged as (
    select
        organization_id,
        period,
        sum(open_invoices_usd) as open_usd,
        sum(open_invoices)::numeric as open_count,
        max(freshest_at) as freshest_at
    from {{ ref('int_receivables_aged') }}
    where bucket = 'over_90'
    group by 1, 2
),

-- Where all that is open was read and nothing is that late, that is a measured zero.
counted as (
    select
        days.organization_id,
        days.period,
        days.reason,
        case when days.reason is null then coalesce(aged.open_usd, 0) end as open_usd,
        case when days.reason is null then coalesce(aged.open_count, 0) end as open_count,
        coalesce(aged.open_count, 0)::bigint as source_rows,
        aged.freshest_at
    from days
    left join aged on days.organization_id = aged.organization_id and days.period = aged.period
)

select
    counted.organization_id,
    'all' as client_id,
    counted.period,
    figures.metric,
    case figures.metric when 'ar_over_90_usd' then counted.open_usd else counted.open_count end as value,
    figures.unit,
    'calculated' as method,
    'Accrual' as basis,
    counted.reason,
    'quickbooks' as source,
    'int_receivable_metrics_counted' as model,
    counted.source_rows,
    counted.freshest_at
from counted
cross join (values ('ar_over_90_usd', 'usd'), ('ar_over_90_count', 'count')) as figures (metric, unit)
