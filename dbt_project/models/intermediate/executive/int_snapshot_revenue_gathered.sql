{#- The whole organization's figures, each with the reason of its own that revenue's mart gives. -#}
with months as (
    select * from {{ ref('int_revenue_months_calculated') }}
),

movements as (
    select
        *,
        opening_mrr + fx_mrr as restated_mrr,
        opening_mrr + fx_mrr - contraction_mrr - churn_mrr as kept_mrr
    from {{ ref('fct_mrr_movements') }}
),

-- Of a client the mart has no row where it neither had nor has any; so these are the months that are known.
judged as (
    select
        organization_id,
        period,
        reason
    from {{ ref('int_stripe_months_judged') }}
),

clients as (
    select distinct
        organization_id,
        client_id
    from {{ source('app', 'client_links') }}
    where source = 'stripe'
    union
    select distinct
        organization_id,
        client_id
    from movements
),

client_months as (
    select
        clients.organization_id,
        clients.client_id,
        judged.period,
        movements.opening_mrr,
        movements.restated_mrr,
        movements.kept_mrr,
        movements.expansion_mrr,
        movements.contraction_mrr,
        movements.churn_mrr,
        movements.reason as unmoved_reason,
        judged.reason as unread_reason,
        case
            when judged.reason is null
                then round(case when movements.client_id is null then 0 else movements.closing_mrr end, 8)
        end as mrr_run_rate
    from clients
    inner join judged on clients.organization_id = judged.organization_id
    left join movements
        on
            clients.organization_id = movements.organization_id
            and clients.client_id = movements.client_id
            and judged.period = movements.period
),

gathered as (
    select
        organization_id,
        'all' as client_id,
        period,
        mrr_run_rate,
        arr,
        arpa,
        paying_clients,
        opening_mrr,
        net_revenue_retention,
        gross_revenue_retention,
        revenue_churn_rate,
        customer_churn_rate,
        ltv,
        mrr_reason,
        coalesce(
            mrr_reason,
            movement_reason,
            case when net_revenue_retention is null then 'There was no recurring revenue a month earlier.' end
        ) as movement_reason,
        null::text as scope_reason,
        coalesce(mrr_reason, case when arpa is null then 'Nobody pays.' end) as arpa_reason,
        coalesce(
            mrr_reason,
            movement_reason,
            margin_reason,
            case when ltv is null then 'No client was lost, so the month does not tell how long one stays.' end
        ) as ltv_reason
    from months
    union all
    select
        organization_id,
        client_id,
        period,
        mrr_run_rate,
        mrr_run_rate * 12 as arr,
        null as arpa,
        null as paying_clients,
        opening_mrr,
        {{ safe_divide('kept_mrr + expansion_mrr', 'restated_mrr') }} as net_revenue_retention,
        {{ safe_divide('kept_mrr', 'restated_mrr') }} as gross_revenue_retention,
        {{ safe_divide('contraction_mrr + churn_mrr', 'restated_mrr') }} as revenue_churn_rate,
        null as customer_churn_rate,
        null as ltv,
        coalesce(unread_reason, case when mrr_run_rate is null then unmoved_reason end) as mrr_reason,
        coalesce(
            unread_reason,
            unmoved_reason,
            case when coalesce(restated_mrr, 0) = 0 then 'There was no recurring revenue a month earlier.' end
        ) as movement_reason,
        'It is told for the whole organization.' as scope_reason,
        'It is told for the whole organization.' as arpa_reason,
        'It is told for the whole organization.' as ltv_reason
    from client_months
)

select * from gathered
