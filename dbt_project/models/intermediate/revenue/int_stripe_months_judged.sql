{#- Every stream that tells what was subscribed to at a month's end. -#}
{% set needed = ['subscriptions', 'subscription_items', 'prices', 'invoices', 'invoice_lines'] -%}

with periods as (
    select
        organization_id,
        period,
        lag(period) over (partition by organization_id order by period) as period_before
    from {{ ref('dim_periods') }}
),

readings as (
    select * from {{ ref('int_billing_periods_covered') }}
    where
        source = 'stripe'
        and stream in (
            {%- for stream in needed %}
            '{{ stream }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )
),

judged as (
    select
        periods.organization_id,
        periods.period,
        periods.period_before,
        (array_agg(readings.reason order by readings.stream) filter (where readings.reason is not null))[1] as reason,
        min(readings.completed_as_of) as freshest_at
    from periods
    inner join readings
        on
            periods.organization_id = readings.organization_id
            and periods.period = readings.period
    group by periods.organization_id, periods.period, periods.period_before
)

select * from judged
