{#-
  For each month of each organization and each of the given streams (source, stream, what a person would call their
  records), whether complete reads of the stream reach over the month. Domains list the streams they count from in a
  model of their own; what the columns mean stands at int_periods_covered.
-#}
{% macro periods_covered(streams) %}
{% set labels = {
    'connectwise': 'ConnectWise', 'ninjaone': 'NinjaOne', 'stripe': 'Stripe', 'quickbooks': 'QuickBooks'
} -%}
{%- set rows = [] -%}
{%- for one in streams %}{% do rows.append("('" ~ (one + (labels[one[0]],)) | join("', '") ~ "')") %}{% endfor %}

with periods as (
    select
        periods.*,
        organizations.time_zone
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_organizations') }} as organizations
        on periods.organization_id = organizations.organization_id
),

streams (source, stream, label, source_label) as (
    values {{ rows | join(', ') }}
),

-- What the organization's file says about its sources; a source that it does not name is not read.
organizations as (
    select
        organization_id,
        settings -> 'sources' as sources
    from {{ source('app', 'organizations') }}
),

-- What complete runs have read, as stretches of time; where the newest one ends is how far the stream is known.
cursors as (
    select
        *,
        upper(covered) as known_until
    from {{ source('raw_meta', 'cursors') }}
),

-- A running month is asked for as far as the stream is known, a month that is over to its end.
asked as (
    select
        periods.organization_id,
        periods.period,
        periods.time_zone,
        periods.starts_at,
        periods.ends_at,
        streams.source,
        streams.stream,
        streams.label,
        streams.source_label,
        organizations.sources is null
        or coalesce((organizations.sources -> streams.source ->> 'is_enabled')::boolean, false) as is_enabled,
        cursors.covered,
        cursors.known_until,
        case
            when periods.is_complete then periods.ends_at
            else greatest(least(periods.ends_at, cursors.known_until), periods.starts_at)
        end as asked_until
    from periods
    cross join streams
    left join organizations on periods.organization_id = organizations.organization_id
    left join cursors
        on
            periods.organization_id = cursors.organization_id
            and streams.source = cursors.source
            and streams.stream = cursors.stream
),

explained as (
    select
        organization_id,
        period,
        source,
        stream,
        known_until as completed_as_of,
        -- A source that was turned off was in use as long as it was read.
        bool_or(is_enabled or coalesce(known_until > starts_at, false))
            over (partition by organization_id, period, source)
            as is_in_use,
        case
            when known_until is null and not is_enabled
                then source_label || ' is not in use.'
            when known_until is null
                then label || ' were never read to the end.'
            when known_until <= starts_at and not is_enabled
                then
                    source_label || ' is not in use any more; ' || label || ' were last read on '
                    || to_char(known_until at time zone time_zone, 'YYYY-MM-DD') || ', before the month began.'
            when known_until <= starts_at
                then
                    label || ' were last read on ' || to_char(known_until at time zone time_zone, 'YYYY-MM-DD')
                    || ', before the month began.'
            when covered @> tstzrange(starts_at, asked_until)
                then null
            when known_until < asked_until and covered @> tstzrange(starts_at, known_until)
                then
                    label || ' were last read on ' || to_char(known_until at time zone time_zone, 'YYYY-MM-DD')
                    || ', before the month was over.'
            when lower(covered) > starts_at
                then
                    label || ' are known only from ' || to_char(lower(covered) at time zone time_zone, 'YYYY-MM-DD')
                    || ' on.'
            else label || ' were not read for the whole month.'
        end as reason,
        case
            when covered @> tstzrange(null, asked_until)
                then null
            when lower(covered) is null
                then label || ' were not read for all the time before the month.'
            else
                label || ' are known only from ' || to_char(lower(covered) at time zone time_zone, 'YYYY-MM-DD')
                || ' on.'
        end as gap_reason
    from asked
),

covered as (
    select
        organization_id,
        period,
        source,
        stream,
        reason is null as is_covered,
        reason,
        coalesce(reason, gap_reason) as past_reason,
        is_in_use,
        completed_as_of
    from explained
)

select * from covered
{% endmacro %}
