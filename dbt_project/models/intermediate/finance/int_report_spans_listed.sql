{{ config(materialized='table') }}

{#- Every stream that posts; a month is known when all of them were read for all of it. -#}
{% set streams = [
    'invoices', 'sales_receipts', 'credit_memos', 'refund_receipts', 'payments', 'bills', 'vendor_credits',
    'bill_payments', 'purchases', 'journal_entries', 'deposits', 'transfers'
] -%}

with periods as (
    select * from {{ ref('dim_periods') }}
),

reports as (
    select
        organization_id,
        'profit_and_loss' as statement,
        period,
        coalesce(reported_at, extracted_at) as reported_at,
        extracted_at
    from {{ ref('stg_quickbooks__profit_and_loss') }}
    where
        not is_deleted
        and basis = 'Accrual'
    union all
    select
        organization_id,
        'balance_sheet' as statement,
        period,
        coalesce(reported_at, extracted_at) as reported_at,
        extracted_at
    from {{ ref('stg_quickbooks__balance_sheet') }}
    where
        not is_deleted
        and basis = 'Accrual'
),

-- A profit and loss report says what was posted in its month; of a balance sheet, what was posted since the one before.
spans as (
    select
        organization_id,
        statement,
        period,
        case statement
            when 'profit_and_loss' then to_char(to_date(period, 'YYYY-MM') - interval '1 month', 'YYYY-MM')
            else lag(period) over (partition by organization_id, statement order by period)
        end as after_period,
        reported_at,
        extracted_at
    from reports
),

streams (stream) as (
    values
    {%- for stream in streams %}
    ('{{ stream }}'){{ ',' if not loop.last }}
    {%- endfor %}
),

cursors as (
    select
        organization_id,
        stream,
        covered
    from {{ source('raw_meta', 'cursors') }}
    where source = 'quickbooks'
),

-- The first balance sheet holds everything that was ever posted, so all of it must have been read.
bounded as (
    select
        spans.organization_id,
        spans.statement,
        spans.period,
        spans.after_period,
        spans.reported_at,
        spans.extracted_at,
        periods.is_complete,
        begun.starts_at,
        case
            when spans.after_period is null then tstzrange(null, periods.ends_at)
            else tstzrange(least(begun.ends_at, periods.starts_at), periods.ends_at)
        end as asked
    from spans
    inner join periods on spans.organization_id = periods.organization_id and spans.period = periods.period
    left join periods as begun
        on spans.organization_id = begun.organization_id and spans.after_period = begun.period
),

unread as (
    select
        bounded.organization_id,
        bounded.statement,
        bounded.period,
        string_agg(replace(streams.stream, '_', ' '), ', ' order by streams.stream) as streams
    from bounded
    cross join streams
    left join cursors
        on
            bounded.organization_id = cursors.organization_id
            and streams.stream = cursors.stream
    where (cursors.covered @> bounded.asked) is not true
    group by 1, 2, 3
)

select
    bounded.organization_id,
    bounded.statement,
    bounded.period,
    bounded.after_period,
    bounded.reported_at,
    bounded.extracted_at,
    case
        when not bounded.is_complete then 'The month is not over yet.'
        when unread.streams is not null and bounded.after_period is null
            then format('The first balance sheet holds what these began with, unread: %s.', unread.streams)
        when unread.streams is not null then format('Not read for the whole month: %s.', unread.streams)
    end as reason
from bounded
left join unread using (organization_id, statement, period)
