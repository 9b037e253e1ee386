-- The discounts at work on today's items, taken off one after the other, in the order in which Stripe does.
with recursive items as (
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

steps as (
    select
        items.organization_id,
        items.period,
        items.subscription_id,
        items.subscription_item_id,
        items.interval_amount as remaining,
        0::bigint as position,
        null::text as reason
    from items
    union all
    select
        steps.organization_id,
        steps.period,
        steps.subscription_id,
        steps.subscription_item_id,
        steps.remaining - case
            when not running.is_eligible then 0
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
        running.position,
        coalesce(steps.reason, case when running.is_eligible then running.reason end) as reason
    from steps
    inner join running
        on
            steps.organization_id = running.organization_id
            and steps.period = running.period
            and steps.subscription_id = running.subscription_id
            and steps.subscription_item_id = running.subscription_item_id
            and steps.position + 1 = running.position
),

discounted as (
    select distinct on (organization_id, period, subscription_id, subscription_item_id)
        organization_id,
        period,
        subscription_id,
        subscription_item_id,
        remaining as net_interval_amount,
        reason
    from steps
    order by organization_id asc, period asc, subscription_id asc, subscription_item_id asc, position desc
)

select * from discounted
