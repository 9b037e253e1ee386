{{ config(materialized='table') }}

with products as (
    select * from {{ ref('int_products_listed') }}
),

rates as (
    select * from {{ ref('int_exchange_rates_listed') }}
),

links as (
    select
        organization_id,
        source_client_id as stripe_customer_id,
        client_id
    from {{ source('app', 'client_links') }}
    where source = 'stripe'
),

-- A stock is counted at the end of each day, so it ends with the day before the one on which it is over.
subscriptions as (
    select
        subscriptions.organization_id,
        subscriptions.stripe_customer_id,
        subscriptions.subscription_id,
        (greatest(subscriptions.started_at, subscriptions.trial_ended_at) at time zone products.time_zone)::date
            as first_date,
        coalesce((subscriptions.ended_at at time zone products.time_zone)::date, products.last_date + 1) as end_date
    from {{ ref('stg_stripe__subscriptions') }} as subscriptions
    inner join products on subscriptions.organization_id = products.organization_id
    where
        subscriptions.subscription_status not in ('incomplete', 'incomplete_expired')
        and not subscriptions.is_deleted
),

invoices as (
    select
        invoices.organization_id,
        invoices.stripe_customer_id,
        invoices.invoice_id,
        invoices.subscription_id,
        invoices.currency,
        invoices.amount_due,
        (invoices.due_at at time zone products.time_zone)::date as due_date,
        (invoices.finalized_at at time zone products.time_zone)::date as first_date,
        coalesce(
            (
                least(invoices.paid_at, invoices.voided_at, invoices.marked_uncollectible_at)
                at time zone products.time_zone
            )::date,
            products.last_date + 1
        ) as end_date
    from {{ ref('stg_stripe__invoices') }} as invoices
    inner join products on invoices.organization_id = products.organization_id
    where
        invoices.finalized_at is not null
        and invoices.amount_due > 0
        and not invoices.is_deleted
),

payments as (
    select
        payments.organization_id,
        payments.invoice_id,
        payments.payment_intent_id,
        payments.charge_id,
        payments.amount_paid,
        (payments.paid_at at time zone products.time_zone)::date as paid_date
    from {{ ref('stg_stripe__invoice_payments') }} as payments
    inner join products on payments.organization_id = products.organization_id
    where not payments.is_deleted
),

failed_charges as (
    select
        charges.organization_id,
        charges.charge_id,
        charges.payment_intent_id,
        charges.invoice_id,
        (charges.created_at at time zone products.time_zone)::date as failed_date
    from {{ ref('stg_stripe__charges') }} as charges
    inner join products on charges.organization_id = products.organization_id
    where
        charges.charge_status = 'failed'
        and not charges.is_deleted
),

-- Which bill an attempt was for stands on the attempt in older versions of the API, on the bill's payments since.
attempts as (
    select
        organization_id,
        invoice_id,
        failed_date
    from failed_charges
    where invoice_id is not null
    union all
    select
        failed_charges.organization_id,
        payments.invoice_id,
        failed_charges.failed_date
    from failed_charges
    inner join payments
        on
            failed_charges.organization_id = payments.organization_id
            and failed_charges.payment_intent_id = payments.payment_intent_id
    union all
    select
        failed_charges.organization_id,
        payments.invoice_id,
        failed_charges.failed_date
    from failed_charges
    inner join payments
        on
            failed_charges.organization_id = payments.organization_id
            and failed_charges.charge_id = payments.charge_id
),

first_attempts as (
    select
        organization_id,
        invoice_id,
        min(failed_date) as failed_date
    from attempts
    group by organization_id, invoice_id
),

-- Stripe tells today's status only. A subscription was past due while a bill of it was open after its first failed
-- attempt, or after its due day where it is not charged automatically; two such bills make it past due once.
overdue as (
    select
        invoices.organization_id,
        invoices.subscription_id,
        range_agg(
            daterange(
                greatest(invoices.first_date, coalesce(first_attempts.failed_date, invoices.due_date)),
                invoices.end_date
            )
        ) as dates
    from invoices
    left join first_attempts
        on
            invoices.organization_id = first_attempts.organization_id
            and invoices.invoice_id = first_attempts.invoice_id
    where
        invoices.subscription_id is not null
        and coalesce(first_attempts.failed_date, invoices.due_date) < invoices.end_date
        and invoices.first_date < invoices.end_date
    group by invoices.organization_id, invoices.subscription_id
),

stocks as (
    select
        organization_id,
        stripe_customer_id,
        'in force' as what,
        null::text as currency,
        0::numeric as amount,
        first_date,
        end_date
    from subscriptions
    union all
    select
        subscriptions.organization_id,
        subscriptions.stripe_customer_id,
        'past due' as what,
        null::text as currency,
        0::numeric as amount,
        lower(stretches.dates) as first_date,
        upper(stretches.dates) as end_date
    from subscriptions
    inner join overdue
        on
            subscriptions.organization_id = overdue.organization_id
            and subscriptions.subscription_id = overdue.subscription_id
            and subscriptions.first_date < subscriptions.end_date
    cross join
        lateral unnest(
            overdue.dates * datemultirange(daterange(subscriptions.first_date, subscriptions.end_date))
        ) as stretches (dates)
    union all
    select
        organization_id,
        stripe_customer_id,
        'outstanding' as what,
        currency,
        amount_due as amount,
        first_date,
        end_date
    from invoices
    union all
    select
        invoices.organization_id,
        invoices.stripe_customer_id,
        'paid in part' as what,
        invoices.currency,
        -payments.amount_paid as amount,
        greatest(invoices.first_date, payments.paid_date) as first_date,
        invoices.end_date
    from invoices
    inner join payments
        on
            invoices.organization_id = payments.organization_id
            and invoices.invoice_id = payments.invoice_id
            and invoices.end_date > payments.paid_date
),

by_day as (
    select
        stocks.organization_id,
        coalesce(links.client_id, 'unassigned') as client_id,
        days.day::date as counted_date,
        to_char(days.day, 'YYYY-MM') as period,
        stocks.what,
        stocks.currency,
        count(*) as things,
        sum(stocks.amount) as amount
    from stocks
    inner join products on stocks.organization_id = products.organization_id
    left join links
        on
            stocks.organization_id = links.organization_id
            and stocks.stripe_customer_id = links.stripe_customer_id
    cross join
        lateral generate_series(
            greatest(stocks.first_date, products.first_date)::timestamp,
            least(stocks.end_date - 1, products.last_date)::timestamp,
            interval '1 day'
        ) as days (day)
    group by stocks.organization_id, links.client_id, days.day, stocks.what, stocks.currency
),

converted as (
    select
        by_day.*,
        case when by_day.amount = 0 then 0 else by_day.amount * rates.exchange_rate end as own_amount
    from by_day
    left join rates
        on
            by_day.organization_id = rates.organization_id
            and by_day.currency = rates.currency
            and by_day.period = rates.period
),

counted as (
    select
        converted.organization_id,
        scopes.client_id,
        converted.counted_date,
        coalesce(sum(converted.things) filter (where converted.what = 'in force'), 0)
        - coalesce(sum(converted.things) filter (where converted.what = 'past due'), 0) as active_subscriptions,
        coalesce(sum(converted.things) filter (where converted.what = 'past due'), 0) as past_due_subscriptions,
        coalesce(sum(converted.things) filter (where converted.what = 'outstanding'), 0) as outstanding_invoices,
        coalesce(sum(converted.own_amount), 0) as outstanding_amount,
        bool_and(converted.own_amount is not null) as is_convertible
    from converted
    cross join lateral (values (converted.client_id), ('all')) as scopes (client_id)
    group by converted.organization_id, scopes.client_id, converted.counted_date
)

select * from counted
