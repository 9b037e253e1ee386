{#- The streams that monthly figures are counted from: source, stream, and what a person would call their records. -#}
{% set streams = [
    ('connectwise', 'tickets', 'ConnectWise tickets'),
    ('connectwise', 'time_entries', 'ConnectWise time entries'),
    ('connectwise', 'agreements', 'ConnectWise agreements'),
    ('ninjaone', 'devices', 'NinjaOne devices'),
    ('stripe', 'invoices', 'Stripe invoices'),
    ('quickbooks', 'invoices', 'QuickBooks invoices'),
    ('quickbooks', 'profit_and_loss', 'QuickBooks profit and loss reports'),
] -%}

with periods as (
    select
        periods.*,
        organizations.time_zone
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_organizations') }} as organizations
        on periods.organization_id = organizations.organization_id
),

streams (source, stream, label) as (
    values
    {%- for source, stream, label in streams %}
    ('{{ source }}', '{{ stream }}', '{{ label }}'){{ ',' if not loop.last }}
    {%- endfor %}
),

cursors as (
    select * from {{ source('raw_meta', 'cursors') }}
),

explained as (
    select
        periods.organization_id,
        periods.period,
        streams.source,
        streams.stream,
        cursors.completed_as_of,
        case
            when cursors.completed_as_of is null
                then streams.label || ' were never read to the end.'
            when cursors.covers_from > periods.starts_at
                then
                    streams.label || ' are known only from '
                    || to_char(cursors.covers_from at time zone periods.time_zone, 'YYYY-MM-DD') || ' on.'
            when cursors.completed_as_of < periods.starts_at
                then
                    streams.label || ' were last read on '
                    || to_char(cursors.completed_as_of at time zone periods.time_zone, 'YYYY-MM-DD')
                    || ', before the month began.'
            when periods.is_complete and cursors.completed_as_of < periods.ends_at
                then
                    streams.label || ' were last read on '
                    || to_char(cursors.completed_as_of at time zone periods.time_zone, 'YYYY-MM-DD')
                    || ', before the month was over.'
        end as reason
    from periods
    cross join streams
    left join cursors
        on
            periods.organization_id = cursors.organization_id
            and streams.source = cursors.source
            and streams.stream = cursors.stream
),

covered as (
    select
        organization_id,
        period,
        source,
        stream,
        reason is null as is_covered,
        reason,
        completed_as_of
    from explained
)

select * from covered
