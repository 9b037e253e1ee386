{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with items as (
    select * from {{ ref('fct_subscription_item_months') }}
),

months as (
    select * from {{ ref('int_stripe_months_judged') }}
),

-- A client who subscribed to anything once has a figure in every month, so that what it lost shows as 0.
clients as (
    select distinct
        organization_id,
        client_id,
        currency
    from items
),

sums as (
    select
        organization_id,
        client_id,
        currency,
        period,
        round(sum(mrr_in_currency), 14) as mrr_in_currency,
        max(exchange_rate) as exchange_rate,
        count(*) filter (where is_counted) as items,
        min(reason) as reason
    from items
    group by organization_id, client_id, currency, period
),

summed as (
    select
        clients.organization_id,
        clients.client_id,
        clients.currency,
        months.period,
        case when months.reason is null and sums.reason is null then coalesce(sums.mrr_in_currency, 0) end
            as mrr_in_currency,
        case
            when months.reason is not null or sums.reason is not null then null
            when coalesce(sums.mrr_in_currency, 0) = 0 then 0
            else round(sums.mrr_in_currency * sums.exchange_rate, 12)
        end as mrr,
        coalesce(sums.items, 0) as items,
        coalesce(months.reason, sums.reason) as reason
    from clients
    inner join months on clients.organization_id = months.organization_id
    left join sums
        on
            clients.organization_id = sums.organization_id
            and clients.client_id = sums.client_id
            and clients.currency = sums.currency
            and months.period = sums.period
)

select * from summed
