{#- Stream, its records' name, whether a quarter needs all of its past, a column it says nothing without. -#}
{% set streams = [
    ('equipment', 'Machines', true, none),
    ('service_orders', 'Service orders', false, none),
    ('parts_orders', 'Parts orders', false, none),
    ('rentals', 'Rentals', true, 'ended_on'),
    ('condition_assessments', 'Condition assessments', true, none),
] -%}

with quarters as (
    select
        listed.organization_id,
        listed.quarter,
        listed.is_complete,
        listed.starts_at,
        listed.ends_at,
        organizations.time_zone
    from {{ ref('int_fleet_quarters_listed') }} as listed
    inner join {{ ref('dim_organizations') }} as organizations
        on listed.organization_id = organizations.organization_id
    where listed.client_id = 'all'
),

streams (stream, label, needs_past, needed_column) as (
    values
    {%- for stream, label, needs_past, needed in streams %}
    (
        '{{ stream }}', '{{ label }}', {{ needs_past | string | lower }},
        {{ "'" ~ needed ~ "'" if needed else 'null::text' }}
    ){{ ',' if not loop.last }}
    {%- endfor %}
),

organizations as (
    select
        organization_id,
        settings #> '{sources,opsdb,tables}' as tables
    from {{ source('app', 'organizations') }}
),

cursors as (
    select
        *,
        upper(covered) as known_until
    from {{ source('raw_meta', 'cursors') }}
    where source = 'opsdb'
),

asked as (
    select
        quarters.organization_id,
        quarters.quarter,
        quarters.time_zone,
        quarters.starts_at,
        streams.stream,
        streams.label,
        streams.needed_column,
        organizations.tables -> streams.stream as mapping,
        cursors.covered,
        cursors.known_until,
        case when not streams.needs_past then quarters.starts_at end as asked_from,
        case
            when quarters.is_complete then quarters.ends_at
            else greatest(least(quarters.ends_at, cursors.known_until), quarters.starts_at)
        end as asked_until
    from quarters
    cross join streams
    left join organizations on quarters.organization_id = organizations.organization_id
    left join cursors
        on
            quarters.organization_id = cursors.organization_id
            and streams.stream = cursors.stream
),

explained as (
    select
        organization_id,
        quarter,
        stream,
        mapping is not null or known_until is not null as is_in_use,
        known_until as completed_as_of,
        case
            when mapping is null and known_until is null
                then 'The file of the organization maps no table to ' || stream || '.'
            when needed_column is not null and mapping is not null and mapping -> 'columns' -> needed_column is null
                then 'The mapping of ' || stream || ' names no column for ' || needed_column || '.'
            when known_until is null
                then label || ' were never read to the end.'
            when known_until <= starts_at
                then
                    label || ' were last read on ' || to_char(known_until at time zone time_zone, 'YYYY-MM-DD')
                    || ', before the quarter began.'
            when covered @> tstzrange(asked_from, asked_until)
                then null
            when known_until < asked_until and covered @> tstzrange(asked_from, known_until)
                then
                    label || ' were last read on ' || to_char(known_until at time zone time_zone, 'YYYY-MM-DD')
                    || ', before the quarter was over.'
            when lower(covered) > coalesce(asked_from, '-infinity')
                then
                    label || ' are known only from ' || to_char(lower(covered) at time zone time_zone, 'YYYY-MM-DD')
                    || ' on.'
            when asked_from is null
                then label || ' were not read without a gap until the end of the quarter.'
            else label || ' were not read for the whole quarter.'
        end as reason,
        -- The same with all of the past: an order written long ago may be done, or due, in the quarter.
        case
            when covered @> tstzrange(null, asked_until) then null
            when covered @> tstzrange(asked_from, asked_until) and lower(covered) > '-infinity'
                then
                    label || ' are known only from ' || to_char(lower(covered) at time zone time_zone, 'YYYY-MM-DD')
                    || ' on, and older ones may belong to the quarter.'
            when covered @> tstzrange(asked_from, asked_until)
                then label || ' were not read for all of the time before the quarter, and older ones may belong to it.'
        end as gap_reason
    from asked
),

covered as (
    select
        organization_id,
        quarter,
        stream,
        is_in_use,
        reason is null as is_covered,
        reason,
        coalesce(reason, gap_reason) as past_reason,
        completed_as_of
    from explained
)

select * from covered
