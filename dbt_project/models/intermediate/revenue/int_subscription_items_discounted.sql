{{ config(materialized='table', post_hook='analyze {{ this }}') }}

{#- The discounts at work on today's items, taken off one after the other, in the order in which Stripe does. They are
    steps of one query because Citus refuses WITH RECURSIVE; nobody has seen a subscription with more of them. -#}
{% set most = 8 -%}

with items as (
    select * from {{ ref('int_subscription_items_priced') }}
    where derived_from <> 'invoice_lines'
),

-- What is given once is no part of what recurs, so it has no place in the order.
running as (
    select
        items.organization_id,
        items.period,
        items.subscription_id,
        items.subscription_item_id,
        discounts.percent_off,
        discounts.amount_off,
        discounts.reason,
        coalesce(discounts.subscription_item_id = items.subscription_item_id, true)
        and coalesce(discounts.applies_to_products ? items.product_id, discounts.applies_to_products is null)
        and (discounts.amount_off is null or discounts.currency = items.currency) as is_eligible,
        row_number() over (
            partition by items.organization_id, items.period, items.subscription_id, items.subscription_item_id
            order by discounts.position
        ) as position
    from items
    inner join {{ ref('int_discounts_listed') }} as discounts
        on
            items.organization_id = discounts.organization_id
            and items.subscription_id = discounts.subscription_id
            and items.measured_at > coalesce(discounts.started_at, '-infinity')
            and items.measured_at <= coalesce(discounts.ended_at, 'infinity')
    where coalesce(discounts.duration, '') <> 'once'
),

step_0 as (
    select
        organization_id,
        period,
        subscription_id,
        subscription_item_id,
        interval_amount as remaining,
        null::text as reason
    from items
),
{% for step in range(1, most + 1) %}
step_{{ step }} as (
    select
        steps.organization_id,
        steps.period,
        steps.subscription_id,
        steps.subscription_item_id,
        steps.remaining - case
            when running.is_eligible is not true then 0
            when running.percent_off is not null then steps.remaining * running.percent_off / 100
            -- An amount is shared by the items in proportion to what they cost, and takes off no more than that.
            else
                least(
                    steps.remaining,
                    coalesce(
                        running.amount_off * steps.remaining
                        / nullif(
                            sum(case when running.is_eligible then steps.remaining end) over (
                                partition by steps.organization_id, steps.period, steps.subscription_id
                            ),
                            0
                        ),
                        0
                    )
                )
        end as remaining,
        coalesce(steps.reason, case when running.is_eligible then running.reason end) as reason
    from step_{{ step - 1 }} as steps
    left join running
        on
            steps.organization_id = running.organization_id
            and steps.period = running.period
            and steps.subscription_id = running.subscription_id
            and steps.subscription_item_id = running.subscription_item_id
            and running.position = {{ step }}
),
{% endfor %}
uncounted as (
    select
        organization_id,
        period,
        subscription_id,
        subscription_item_id
    from running
    where position = {{ most + 1 }}
),

discounted as (
    select
        steps.organization_id,
        steps.period,
        steps.subscription_id,
        steps.subscription_item_id,
        steps.remaining as net_interval_amount,
        case
            when uncounted.subscription_item_id is null then steps.reason
            else 'More than {{ most }} discounts are at work on the subscription.'
        end as reason
    from step_{{ most }} as steps
    left join uncounted
        on
            steps.organization_id = uncounted.organization_id
            and steps.period = uncounted.period
            and steps.subscription_id = uncounted.subscription_id
            and steps.subscription_item_id = uncounted.subscription_item_id
)

select * from discounted
