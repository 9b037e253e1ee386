with organizations as (
    select * from {{ ref('dim_organizations') }}
),

agreements as (
    select * from {{ ref('stg_connectwise__agreements') }}
    where
        not is_deleted
        and not coalesce(is_one_time, false)
),

additions as (
    select
        *,
        coalesce(extended_price, unit_price * (quantity - coalesce(less_included, 0))) as amount
    from {{ ref('stg_connectwise__agreement_additions') }}
    where
        not is_deleted
        and bill_customer = 'Billable'
),

client_links as (
    select * from {{ source('app', 'client_links') }}
    where source = 'connectwise'
),

rules as (
    select
        organization_id,
        array_agg(lower(btrim(value))) as seat_products
    from {{ source('app', 'rule_values') }}
    where rule = 'seat_product'
    group by organization_id
),

-- The running month has no last day yet, so today stands for it.
last_days as (
    select
        periods.organization_id,
        periods.period,
        least(
            (to_date(periods.period, 'YYYY-MM') + interval '1 month' - interval '1 day')::date,
            (organizations.as_of at time zone organizations.time_zone)::date
        ) as last_day,
        periods.is_complete,
        periods.ends_at
    from {{ ref('dim_periods') }} as periods
    inner join organizations on periods.organization_id = organizations.organization_id
),

in_force as (
    select
        last_days.organization_id,
        last_days.period,
        last_days.last_day,
        last_days.is_complete,
        last_days.ends_at,
        agreements.end_date,
        agreements.source_updated_at,
        agreements.agreement_id,
        agreements.connectwise_company_id,
        agreements.bill_amount,
        agreements.billing_cycle
    from last_days
    inner join agreements
        on
            last_days.organization_id = agreements.organization_id
            and last_days.last_day >= agreements.start_date
            and last_days.last_day <= coalesce(agreements.end_date, 'infinity')
            and (
                not agreements.is_cancelled
                or last_days.last_day < agreements.cancelled_date
            )
),

-- ConnectWise keeps when an addition began and ended, but of its quantity only today's.
added as (
    select
        in_force.organization_id,
        in_force.period,
        in_force.agreement_id,
        sum(additions.amount) as added_amount,
        min(additions.agreement_addition_id) filter (where additions.amount is null) as unpriced_addition_id,
        sum(additions.quantity) filter (
            where
            lower(btrim(additions.description)) = any(rules.seat_products)
            or lower(btrim(additions.product_identifier)) = any(rules.seat_products)
        ) as seats,
        bool_or(coalesce(additions.source_updated_at, 'infinity') >= in_force.ends_at) as is_changed_since
    from in_force
    inner join additions
        on
            in_force.organization_id = additions.organization_id
            and in_force.agreement_id = additions.agreement_id
            and in_force.last_day >= additions.effective_date
            and (
                in_force.last_day < coalesce(additions.cancelled_date, 'infinity')
                -- What is taken off on the day its agreement ends runs as long as that, its last day included.
                or in_force.end_date = additions.cancelled_date
            )
    left join rules on in_force.organization_id = rules.organization_id
    group by in_force.organization_id, in_force.period, in_force.agreement_id
),

billing_cycles (billing_cycle, months) as (
    values
    ('Monthly', 1),
    ('Bi-Monthly', 2),
    ('Quarterly', 3),
    ('Semi-Annual', 6),
    ('Annual', 12)
),

priced as (
    select
        in_force.organization_id,
        in_force.period,
        in_force.agreement_id,
        coalesce(client_links.client_id, 'unassigned') as client_id,
        round(
            case
                when added.unpriced_addition_id is null then in_force.bill_amount + coalesce(added.added_amount, 0)
            end / billing_cycles.months,
            10
        ) as monthly_amount,
        coalesce(added.seats, 0) as seats,
        case
            when not in_force.is_complete then 'collected'
            when coalesce(in_force.source_updated_at, 'infinity') >= in_force.ends_at then 'estimated'
            when coalesce(added.is_changed_since, false) then 'estimated'
            else 'collected'
        end as method,
        case
            when billing_cycles.months is null
                then
                    format(
                        'The billing cycle %s of agreement %s has no known length.',
                        coalesce(in_force.billing_cycle, 'without a name'),
                        in_force.agreement_id
                    )
            when in_force.bill_amount is null
                then format('ConnectWise tells no amount that agreement %s bills.', in_force.agreement_id)
            when added.unpriced_addition_id is not null
                then
                    format(
                        'ConnectWise tells no price of addition %s to agreement %s.',
                        added.unpriced_addition_id,
                        in_force.agreement_id
                    )
        end as reason
    from in_force
    left join added
        on
            in_force.organization_id = added.organization_id
            and in_force.period = added.period
            and in_force.agreement_id = added.agreement_id
    left join billing_cycles on in_force.billing_cycle = billing_cycles.billing_cycle
    left join client_links
        on
            in_force.organization_id = client_links.organization_id
            and in_force.connectwise_company_id = client_links.source_client_id
)

select * from priced
