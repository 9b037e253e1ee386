with periods as (
    select
        periods.organization_id,
        periods.period,
        case when periods.is_complete then periods.ends_at else organizations.as_of end as measured_at,
        organizations.currency as own_currency
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_organizations') }} as organizations
        on periods.organization_id = organizations.organization_id
),

-- What is still open may be as old as the business, so a month that was read alone does not tell it.
readings as (
    select
        organization_id,
        period,
        (array_agg(past_reason order by stream) filter (where past_reason is not null))[1] as reason
    from {{ ref('int_billing_periods_covered') }}
    where
        source = 'stripe'
        and stream in ('invoices', 'invoice_payments', 'charges')
    group by organization_id, period
),

invoices as (
    select
        *,
        least(paid_at, voided_at, marked_uncollectible_at) as closed_at
    from {{ ref('stg_stripe__invoices') }}
    where
        not is_deleted
        and finalized_at is not null
),

payments as (
    select * from {{ ref('stg_stripe__invoice_payments') }}
    where not is_deleted
),

failed_charges as (
    select * from {{ ref('stg_stripe__charges') }}
    where
        not is_deleted
        and charge_status = 'failed'
),

rates as (
    select * from {{ ref('int_exchange_rates_listed') }}
),

-- Final before the month's end and not closed by then, whatever became of it later.
open_invoices as (
    select
        periods.organization_id,
        periods.period,
        periods.measured_at,
        invoices.invoice_id,
        invoices.currency,
        invoices.collection_method,
        invoices.due_at,
        invoices.amount_due
    from periods
    inner join invoices
        on
            periods.organization_id = invoices.organization_id
            and periods.measured_at > invoices.finalized_at
            and periods.measured_at <= coalesce(invoices.closed_at, 'infinity')
),

paid_before as (
    select
        open_invoices.organization_id,
        open_invoices.period,
        open_invoices.invoice_id,
        sum(payments.amount_paid) as amount_paid
    from open_invoices
    inner join payments
        on
            open_invoices.organization_id = payments.organization_id
            and open_invoices.invoice_id = payments.invoice_id
            and open_invoices.measured_at > payments.paid_at
    group by open_invoices.organization_id, open_invoices.period, open_invoices.invoice_id
),

attempts as (
    select
        open_invoices.organization_id,
        open_invoices.period,
        open_invoices.invoice_id,
        count(distinct failed_charges.charge_id) as attempts
    from open_invoices
    inner join payments
        on
            open_invoices.organization_id = payments.organization_id
            and open_invoices.invoice_id = payments.invoice_id
    inner join failed_charges
        on
            payments.organization_id = failed_charges.organization_id
            and open_invoices.measured_at > failed_charges.created_at
            and (
                payments.payment_intent_id = failed_charges.payment_intent_id
                or payments.charge_id = failed_charges.charge_id
            )
    group by open_invoices.organization_id, open_invoices.period, open_invoices.invoice_id
),

staged as (
    select
        open_invoices.organization_id,
        open_invoices.period,
        case
            when attempts.attempts >= 3 then 'failed_three_times'
            when attempts.attempts = 2 then 'failed_twice'
            when attempts.attempts = 1 then 'failed_once'
            when open_invoices.due_at < open_invoices.measured_at then 'overdue'
            when open_invoices.collection_method = 'send_invoice' then 'sent'
            else 'not_tried'
        end as stage,
        open_invoices.currency,
        (open_invoices.amount_due - coalesce(paid_before.amount_paid, 0)) * rates.exchange_rate as amount
    from open_invoices
    left join attempts
        on
            open_invoices.organization_id = attempts.organization_id
            and open_invoices.period = attempts.period
            and open_invoices.invoice_id = attempts.invoice_id
    left join paid_before
        on
            open_invoices.organization_id = paid_before.organization_id
            and open_invoices.period = paid_before.period
            and open_invoices.invoice_id = paid_before.invoice_id
    left join rates
        on
            open_invoices.organization_id = rates.organization_id
            and open_invoices.period = rates.period
            and open_invoices.currency = rates.currency
),

stages (stage, position) as (
    values
    ('not_tried', 1),
    ('sent', 2),
    ('overdue', 3),
    ('failed_once', 4),
    ('failed_twice', 5),
    ('failed_three_times', 6)
),

counted as (
    select
        organization_id,
        period,
        stage,
        count(*) as invoices,
        sum(amount) as amount,
        min(currency) filter (where amount is null) as unknown_currency
    from staged
    group by organization_id, period, stage
)

select
    periods.organization_id,
    periods.period,
    stages.stage,
    stages.position,
    case when readings.reason is null then coalesce(counted.invoices, 0) end::integer as open_invoices,
    case
        when readings.reason is null and counted.unknown_currency is null
            then {{ round_half_even('coalesce(counted.amount, 0)', 2) }}
    end as open_amount,
    case
        when readings.reason is not null then readings.reason
        when counted.unknown_currency is not null
            then
                format(
                    'No rate of %s in %s is stored for %s.',
                    counted.unknown_currency,
                    periods.own_currency,
                    periods.period
                )
    end as reason
from periods
cross join stages
inner join readings
    on
        periods.organization_id = readings.organization_id
        and periods.period = readings.period
left join counted
    on
        periods.organization_id = counted.organization_id
        and periods.period = counted.period
        and stages.stage = counted.stage
