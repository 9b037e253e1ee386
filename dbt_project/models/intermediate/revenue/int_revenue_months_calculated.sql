{{ config(materialized='table') }}

{% set movements = ['new', 'expansion', 'contraction', 'churn', 'reactivation'] -%}

with months as (
    select
        organization_id,
        period,
        period_before,
        to_char(to_date(period, 'YYYY-MM') - interval '12 months', 'YYYY-MM') as year_before,
        reason,
        freshest_at
    from {{ ref('int_stripe_months_judged') }}
),

movements as (
    select * from {{ ref('fct_mrr_movements') }}
),

happenings as (
    select * from {{ ref('int_stripe_happenings_counted') }}
),

margins as (
    select
        organization_id,
        period,
        sum(value) filter (where metric = 'total_income') as total_income,
        sum(value) filter (where metric = 'product_cogs') as product_cogs,
        min(reason) filter (where metric in ('total_income', 'product_cogs')) as margin_reason
    from {{ ref('int_profit_and_loss_metrics_calculated') }}
    group by organization_id, period
),

sums as (
    select
        organization_id,
        period,
        sum(items) as items,
        sum(closing_mrr) as mrr,
        count(*) filter (where closing_mrr > 0) as paying_clients,
        min(reason) filter (where closing_mrr is null) as closing_reason,
        sum(opening_mrr) as opening_mrr,
        count(*) filter (where opening_mrr > 0) as opening_clients,
        count(*) filter (where movement = 'churn') as churned_clients,
        sum(fx_mrr) as fx_mrr,
        {%- for movement in movements %}
        sum({{ movement }}_mrr) as {{ movement }}_mrr,
        {%- endfor %}
        min(reason) filter (where movement is null) as movement_reason
    from movements
    group by organization_id, period
),

-- Who paid twelve months ago, and what they pay now: growth within the year included, but for the lesser of the two.
cohorts as (
    select
        months.organization_id,
        months.period,
        sum(then_paid.closing_mrr) as year_ago_mrr,
        sum(coalesce(now_paid.closing_mrr, 0)) as kept_mrr,
        sum(least(then_paid.closing_mrr, coalesce(now_paid.closing_mrr, 0))) as kept_at_most_mrr
    from months
    inner join movements as then_paid
        on
            months.organization_id = then_paid.organization_id
            and months.year_before = then_paid.period
            and then_paid.closing_mrr > 0
    left join movements as now_paid
        on
            months.organization_id = now_paid.organization_id
            and months.period = now_paid.period
            and then_paid.client_id = now_paid.client_id
    group by months.organization_id, months.period
),

judged as (
    select
        months.*,
        sums.items,
        coalesce(months.reason, sums.closing_reason) as mrr_reason,
        coalesce(
            months.reason,
            case when months.period_before is null then 'The month before it is no part of the history.' end,
            month_before.reason,
            sums.movement_reason
        ) as movement_reason,
        coalesce(
            months.reason,
            sums.closing_reason,
            case when year_ago.period is null then 'Twelve months before it is no part of the history.' end,
            year_ago.reason,
            sums_then.closing_reason,
            case when cohorts.year_ago_mrr is null then 'Nobody paid twelve months before it.' end
        ) as year_reason,
        coalesce(sums.mrr, 0) as known_mrr,
        coalesce(sums.paying_clients, 0) as known_paying_clients,
        coalesce(sums.opening_mrr, 0) as known_opening_mrr,
        coalesce(sums.opening_clients, 0) as known_opening_clients,
        coalesce(sums.churned_clients, 0) as known_churned_clients,
        coalesce(sums.fx_mrr, 0) as known_fx_mrr,
        {%- for movement in movements %}
        coalesce(sums.{{ movement }}_mrr, 0) as known_{{ movement }}_mrr,
        {%- endfor %}
        cohorts.year_ago_mrr,
        cohorts.kept_mrr,
        cohorts.kept_at_most_mrr,
        margins.total_income,
        margins.product_cogs,
        coalesce(
            margins.margin_reason,
            case
                when margins.total_income is null or margins.product_cogs is null
                    then 'The books do not tell the income of the month and what its goods cost.'
                when margins.total_income = 0 then 'The books show no income in the month.'
            end
        ) as margin_reason
    from months
    left join sums
        on
            months.organization_id = sums.organization_id
            and months.period = sums.period
    left join months as month_before
        on
            months.organization_id = month_before.organization_id
            and months.period_before = month_before.period
    left join months as year_ago
        on
            months.organization_id = year_ago.organization_id
            and months.year_before = year_ago.period
    left join sums as sums_then
        on
            months.organization_id = sums_then.organization_id
            and months.year_before = sums_then.period
    left join cohorts
        on
            months.organization_id = cohorts.organization_id
            and months.period = cohorts.period
    left join margins
        on
            months.organization_id = margins.organization_id
            and months.period = margins.period
),

-- Sums of parts that were kept to ten decimals are brought to eight, so that a tie of the rounding is one.
stocks as (
    select
        *,
        case when mrr_reason is null then round(known_mrr, 8) end as mrr_run_rate,
        case when mrr_reason is null then known_paying_clients end as paying_clients,
        case when movement_reason is null then round(known_opening_mrr, 8) end as opening_mrr,
        case when movement_reason is null then round(known_opening_mrr + known_fx_mrr, 8) end as restated_mrr,
        case when movement_reason is null then known_opening_clients end as opening_clients,
        case when movement_reason is null then known_churned_clients end as churned_clients,
        case when movement_reason is null then round(known_fx_mrr, 8) end as fx_mrr
        {%- for movement in movements -%}
        ,
        case when movement_reason is null then round(known_{{ movement }}_mrr, 8) end as {{ movement }}_mrr
        {%- endfor %}
    from judged
),

calculated as (
    select
        stocks.*,
        stocks.mrr_run_rate * 12 as arr,
        {{ safe_divide('stocks.mrr_run_rate', 'stocks.paying_clients') }} as arpa,
        {{ safe_divide(
            'stocks.restated_mrr + stocks.expansion_mrr - stocks.contraction_mrr - stocks.churn_mrr',
            'stocks.restated_mrr'
        ) }} as net_revenue_retention,
        {{ safe_divide('stocks.restated_mrr - stocks.contraction_mrr - stocks.churn_mrr', 'stocks.restated_mrr') }}
            as gross_revenue_retention,
        {{ safe_divide('stocks.kept_mrr', 'stocks.year_ago_mrr') }} as kept_in_a_year,
        {{ safe_divide('stocks.kept_at_most_mrr', 'stocks.year_ago_mrr') }} as kept_at_most_in_a_year,
        {{ safe_divide('stocks.churned_clients', 'stocks.opening_clients') }} as customer_churn_rate,
        {{ safe_divide('stocks.contraction_mrr + stocks.churn_mrr', 'stocks.restated_mrr') }} as revenue_churn_rate,
        {{ safe_divide(
            'stocks.new_mrr + stocks.expansion_mrr + stocks.reactivation_mrr',
            'stocks.contraction_mrr + stocks.churn_mrr'
        ) }} as quick_ratio,
        {{ safe_divide('stocks.total_income - stocks.product_cogs', 'stocks.total_income') }} as gross_margin
    from stocks
),

happened as (
    select
        organization_id,
        period,
        max(value) filter (where metric = 'stripe_failed_payments') as stripe_failed_payments,
        max(reason) filter (where metric = 'stripe_failed_payments') as stripe_failed_payments_reason,
        max(value) filter (where metric = 'trial_started') as trial_started,
        max(reason) filter (where metric = 'trial_started') as trial_started_reason,
        max(value) filter (where metric = 'trial_converted') as trial_converted,
        max(reason) filter (where metric = 'trial_converted') as trial_converted_reason
    from happenings
    group by organization_id, period
)

select
    calculated.organization_id,
    calculated.period,
    calculated.freshest_at,
    coalesce(calculated.items, 0)::bigint as source_rows,
    calculated.mrr_run_rate,
    calculated.mrr_reason,
    calculated.paying_clients,
    calculated.arr,
    calculated.arpa,
    calculated.opening_mrr,
    calculated.fx_mrr,
    {%- for movement in movements %}
    calculated.{{ movement }}_mrr,
    {%- endfor %}
    calculated.opening_clients,
    calculated.churned_clients,
    calculated.movement_reason,
    calculated.net_revenue_retention,
    calculated.gross_revenue_retention,
    case when calculated.year_reason is null then calculated.kept_in_a_year end as net_revenue_retention_12_months,
    case when calculated.year_reason is null then calculated.kept_at_most_in_a_year end
        as gross_revenue_retention_12_months,
    calculated.year_reason,
    calculated.customer_churn_rate,
    calculated.revenue_churn_rate,
    calculated.quick_ratio,
    calculated.gross_margin,
    calculated.margin_reason,
    {{ safe_divide('calculated.arpa * calculated.gross_margin', 'calculated.customer_churn_rate') }} as ltv,
    happened.stripe_failed_payments,
    happened.stripe_failed_payments_reason,
    happened.trial_started,
    happened.trial_started_reason,
    happened.trial_converted,
    happened.trial_converted_reason
from calculated
inner join happened
    on
        calculated.organization_id = happened.organization_id
        and calculated.period = happened.period
