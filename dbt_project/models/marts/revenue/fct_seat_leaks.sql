with rules as (
    select distinct organization_id
    from {{ source('app', 'rule_values') }}
    where rule = 'seat_product'
),

seats as (
    select * from {{ ref('int_device_metrics_counted') }}
    where metric = 'seats_managed'
),

devices as (
    select * from seats
    where client_id <> 'all'
),

agreements as (
    select
        organization_id,
        client_id,
        period,
        sum(seats) as seats,
        bool_or(method = 'estimated') as is_estimated
    from {{ ref('int_agreement_months_priced') }}
    group by organization_id, client_id, period
),

invoiced as (
    select * from {{ ref('int_seats_invoiced') }}
),

coverage as (
    select
        *,
        (source, stream) in (
            ('stripe', 'subscriptions'),
            ('stripe', 'invoice_lines'),
            ('quickbooks', 'invoices'),
            ('quickbooks', 'sales_receipts'),
            ('quickbooks', 'credit_memos')
        ) as is_of_bills
    from {{ ref('int_billing_periods_covered') }}
),

-- A source that is not in use invoices nobody, so only where neither is that tells nothing.
readings as (
    select
        organization_id,
        period,
        (array_agg(reason order by stream) filter (where source = 'connectwise' and reason is not null))[1]
            as agreement_reason,
        case
            when not bool_or(is_in_use) filter (where is_of_bills)
                then 'Neither Stripe nor QuickBooks is in use.'
            else
                (array_agg(reason order by source desc, stream asc) filter (
                    where is_of_bills and is_in_use and reason is not null
                ))[1]
        end as invoice_reason
    from coverage
    group by organization_id, period
),

scopes as (
    select
        organization_id,
        client_id,
        period
    from devices
    union
    select
        organization_id,
        client_id,
        period
    from agreements
    union
    select
        organization_id,
        client_id,
        period
    from invoiced
),

-- A bill for a quarter or a year stands in its own month; in the others it is nowhere.
billed_before as (
    select
        scopes.organization_id,
        scopes.client_id,
        scopes.period,
        max(earlier.period) as billed_in
    from scopes
    inner join invoiced as earlier
        on
            scopes.organization_id = earlier.organization_id
            and scopes.client_id = earlier.client_id
            and scopes.period > earlier.period
            and to_date(scopes.period, 'YYYY-MM') <= to_date(earlier.period, 'YYYY-MM') + interval '12 months'
    where
        earlier.source = 'quickbooks'
        and earlier.seats > 0
    group by scopes.organization_id, scopes.client_id, scopes.period
),

described as (
    select
        scopes.organization_id,
        scopes.client_id,
        scopes.period,
        case when rules.organization_id is null then 'No product is configured to be sold a seat at a time.' end
            as rule_reason,
        devices.value as device_seats,
        case when devices.value is null then coalesce(devices.reason, 'NinjaOne tells nothing of the client.') end
            as device_reason,
        -- Where the month was counted, a client without a device there has nothing that could leak.
        organizations.value is not null as is_counted,
        coalesce(agreements.seats, 0) as known_agreement_seats,
        case when agreements.is_estimated then 'estimated' else 'collected' end as known_agreement_method,
        readings.agreement_reason,
        invoiced.source as invoice_source,
        -- A subscription speaks for itself; of what is in the books, and of nothing, all that is in use has to be read.
        case when invoiced.source is null then 0 else invoiced.seats end as known_invoiced_seats,
        case
            when coalesce(invoiced.source, 'quickbooks') = 'quickbooks' and readings.invoice_reason is not null
                then readings.invoice_reason
            when invoiced.source is not null and invoiced.seats is null
                then 'How many seats are invoiced is not known.'
        end as invoice_reason,
        {{ safe_divide('invoiced.amount', 'invoiced.seats') }} as seat_price,
        case when invoiced.source is null then billed_before.billed_in end as billed_in
    from scopes
    inner join readings
        on
            scopes.organization_id = readings.organization_id
            and scopes.period = readings.period
    left join rules on scopes.organization_id = rules.organization_id
    left join seats as organizations
        on
            scopes.organization_id = organizations.organization_id
            and scopes.period = organizations.period
            and organizations.client_id = 'all'
    left join devices
        on
            scopes.organization_id = devices.organization_id
            and scopes.client_id = devices.client_id
            and scopes.period = devices.period
    left join agreements
        on
            scopes.organization_id = agreements.organization_id
            and scopes.client_id = agreements.client_id
            and scopes.period = agreements.period
    left join invoiced
        on
            scopes.organization_id = invoiced.organization_id
            and scopes.client_id = invoiced.client_id
            and scopes.period = invoiced.period
    left join billed_before
        on
            scopes.organization_id = billed_before.organization_id
            and scopes.client_id = billed_before.client_id
            and scopes.period = billed_before.period
),

compared as (
    select
        organization_id,
        client_id,
        period,
        device_seats,
        is_counted,
        case when coalesce(rule_reason, agreement_reason) is null then known_agreement_seats end as agreement_seats,
        case when coalesce(rule_reason, agreement_reason) is null then known_agreement_method end as agreement_method,
        case when coalesce(rule_reason, invoice_reason) is null then known_invoiced_seats end as invoiced_seats,
        invoice_source,
        seat_price,
        billed_in,
        case
            when coalesce(device_reason, rule_reason, invoice_reason) is null
                then greatest(device_seats - known_invoiced_seats, 0)
        end as leaking_seats,
        device_reason,
        coalesce(rule_reason, agreement_reason) as agreement_reason,
        coalesce(rule_reason, invoice_reason) as invoice_reason
    from described
),

gaps as (
    select
        *,
        device_seats - invoiced_seats as unbilled_seats,
        device_seats - agreement_seats as seats_without_agreement,
        agreement_seats - invoiced_seats as agreed_seats_not_invoiced
    from compared
),

widest as (
    select
        *,
        greatest(abs(unbilled_seats), abs(seats_without_agreement), abs(agreed_seats_not_invoiced)) as gap
    from gaps
)

select
    organization_id,
    client_id,
    period,
    device_seats,
    agreement_seats,
    agreement_method,
    invoiced_seats,
    invoice_source,
    unbilled_seats,
    seats_without_agreement,
    agreed_seats_not_invoiced,
    case
        when gap = 0 then 'none'
        when unbilled_seats = gap then 'managed_not_invoiced'
        when unbilled_seats = -gap then 'invoiced_not_managed'
        when agreed_seats_not_invoiced = gap then 'agreed_not_invoiced'
        when agreed_seats_not_invoiced = -gap then 'invoiced_not_agreed'
        when seats_without_agreement = gap then 'managed_not_agreed'
        when seats_without_agreement = -gap then 'agreed_not_managed'
    end as finding,
    {{ round_half_even('seat_price', 2) }} as seat_price,
    {{ round_half_even('case when leaking_seats = 0 then 0 else leaking_seats * seat_price end', 2) }}
        as unbilled_amount,
    case
        when leaking_seats > 0 and seat_price is null and billed_in is not null
            then format('No seat is invoiced in the month; those invoiced in %s may be for it too.', billed_in)
        when leaking_seats > 0 and seat_price is null
            then 'Nobody is invoiced a seat, so none has a price.'
    end as amount_reason,
    nullif(concat_ws(' ', device_reason, agreement_reason, nullif(invoice_reason, agreement_reason)), '') as reason
from widest
where
    coalesce(device_seats, 0) <> 0
    or coalesce(agreement_seats, 0) <> 0
    or coalesce(invoiced_seats, 0) <> 0
    or (device_reason is not null and not is_counted)
    or agreement_reason is not null
    or invoice_reason is not null
