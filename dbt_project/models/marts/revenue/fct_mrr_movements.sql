with summed as (
    select * from {{ ref('int_client_mrr_summed') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_listed') }}
),

-- What the month began with is told at the month's own rate too: what only the rate did is no movement of the client.
by_currency as (
    select
        *,
        lag(period) over each_currency as period_before,
        lag(mrr) over each_currency as opening_mrr,
        lag(mrr_in_currency) over each_currency as opening_in_currency,
        lag(reason) over each_currency as reason_before
    from summed
    window each_currency as (partition by organization_id, client_id, currency order by period)
),

restated as (
    select
        by_currency.*,
        case
            when by_currency.opening_in_currency = 0 then 0
            else round(by_currency.opening_in_currency * rates.exchange_rate, 12)
        end as restated_mrr
    from by_currency
    left join rates
        on
            by_currency.organization_id = rates.organization_id
            and by_currency.period = rates.period
            and by_currency.currency = rates.currency
),

by_client as (
    select
        organization_id,
        client_id,
        period,
        min(period_before) as period_before,
        case when bool_and(opening_mrr is not null) then round(sum(opening_mrr), 10) end as opening_mrr,
        case when bool_and(restated_mrr is not null) then round(sum(restated_mrr), 10) end as restated_mrr,
        case when bool_and(mrr is not null) then round(sum(mrr), 10) end as closing_mrr,
        sum(items)::integer as items,
        min(reason) as reason,
        min(reason_before) as reason_before
    from restated
    group by organization_id, client_id, period
),

compared as (
    select
        *,
        coalesce(
            bool_or(closing_mrr > 0) over (
                partition by organization_id, client_id
                order by period
                rows between unbounded preceding and 1 preceding
            ),
            false
        ) as has_paid_before,
        case
            when reason is not null then reason
            when period_before is null then 'The month before it is no part of the history.'
            when opening_mrr is null then format('In %s: %s', period_before, reason_before)
            when restated_mrr is null
                then format('No rate is stored for %s at which %s could be told.', period, period_before)
        end as missing_because
    from by_client
),

moved as (
    select
        *,
        case
            when missing_because is not null then null
            when restated_mrr = closing_mrr then 'none'
            when restated_mrr = 0 and has_paid_before then 'reactivation'
            when restated_mrr = 0 then 'new'
            when closing_mrr = 0 then 'churn'
            when closing_mrr > restated_mrr then 'expansion'
            else 'contraction'
        end as movement
    from compared
)

select
    organization_id,
    client_id,
    period,
    trim_scale(opening_mrr) as opening_mrr,
    case when movement is not null then trim_scale(restated_mrr - opening_mrr) end as fx_mrr,
    {%- for movement in ['new', 'expansion', 'contraction', 'churn', 'reactivation'] %}
    case
        when movement = '{{ movement }}' then trim_scale(abs(closing_mrr - restated_mrr))
        when movement is not null then 0
    end as {{ movement }}_mrr,
    {%- endfor %}
    trim_scale(closing_mrr) as closing_mrr,
    movement,
    items,
    missing_because as reason
from moved
where
    coalesce(opening_mrr, case when period_before is null then 0 end) is distinct from 0
    or closing_mrr is distinct from 0
