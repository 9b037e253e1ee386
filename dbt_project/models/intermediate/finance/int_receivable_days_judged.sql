{#- What must be known from the beginning for an open balance to be whole. -#}
{% set streams = ['invoices', 'credit_memos', 'payments', 'journal_entries', 'deposits'] -%}

with periods as (
    select
        periods.organization_id,
        periods.period,
        periods.ends_at,
        periods.is_complete,
        least(
            (to_date(periods.period, 'YYYY-MM') + interval '1 month' - interval '1 day')::date,
            (organizations.as_of at time zone organizations.time_zone)::date
        ) as day
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_organizations') }} as organizations
        on periods.organization_id = organizations.organization_id
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
        covered,
        upper(covered) as known_until
    from {{ source('raw_meta', 'cursors') }}
    where source = 'quickbooks'
),

unread as (
    select
        periods.organization_id,
        periods.period,
        string_agg(replace(streams.stream, '_', ' '), ', ' order by streams.stream) as streams
    from periods
    cross join streams
    left join cursors on periods.organization_id = cursors.organization_id and streams.stream = cursors.stream
    where
        (
            cursors.covered @> tstzrange(
                null,
                case when periods.is_complete then periods.ends_at else least(periods.ends_at, cursors.known_until) end
            )
        ) is not true
    group by 1, 2
)

select
    periods.organization_id,
    periods.period,
    periods.day,
    periods.is_complete,
    'QuickBooks ' || unread.streams || ' were not read from the beginning to the end of the month.' as reason
from periods
left join unread using (organization_id, period)
