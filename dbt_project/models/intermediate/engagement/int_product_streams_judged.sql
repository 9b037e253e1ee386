{{ config(materialized='table') }}

{#- Each stream and, of a log whose source may have cleared the beginning away, the instant that dates its rows. -#}
{% set streams = {
    'tenants': none,
    'users': none,
    'login_events': 'occurred_at',
    'activation_events': 'occurred_at',
    'jobs': 'created_at',
    'api_requests': 'occurred_at',
    'ai_usage': 'occurred_at',
    'health_probes': 'occurred_at',
    'leads': none,
} -%}

with products as (
    select * from {{ ref('int_products_listed') }}
),

buckets as (
    select * from {{ ref('int_product_buckets_listed') }}
),

mappings as (
    select
        organization_id,
        settings -> 'sources' is null as is_unknown,
        coalesce((settings #>> '{sources,opsdb,is_enabled}')::boolean, true) as is_enabled,
        coalesce(settings #> '{sources,opsdb,tables}', '{}') as tables
    from {{ source('app', 'organizations') }}
),

first_records as (
    {%- for stream, dated_by in streams.items() if dated_by %}
    select
        organization_id,
        '{{ stream }}' as stream,
        min({{ dated_by }}) as first_at
    from {{ ref('stg_opsdb__' ~ stream) }}
    group by organization_id
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

-- Of the day on which a log begins nobody knows whether it is whole.
known as (
    select
        products.organization_id,
        products.time_zone,
        streams.stream,
        streams.is_log,
        cursors.covered,
        upper(cursors.covered) as known_until,
        mappings.is_unknown or (mappings.is_enabled and mappings.tables ? streams.stream) as is_mapped,
        first_records.first_at,
        ((first_records.first_at at time zone products.time_zone)::date + 1)::timestamp
        at time zone products.time_zone as known_from
    from products
    cross join (
        values
        {%- for stream, dated_by in streams.items() %}
        ('{{ stream }}', {{ 'true' if dated_by else 'false' }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as streams (stream, is_log)
    inner join mappings on products.organization_id = mappings.organization_id
    left join {{ source('raw_meta', 'cursors') }} as cursors
        on
            products.organization_id = cursors.organization_id
            and cursors.source = 'opsdb'
            and streams.stream = cursors.stream
    left join first_records
        on
            products.organization_id = first_records.organization_id
            and streams.stream = first_records.stream
),

asked as (
    select
        buckets.organization_id,
        buckets.bucket_type,
        buckets.bucket_date,
        spans.span,
        spans.asked_from,
        buckets.ends_at
    from buckets
    cross join lateral (
        values
        ('bucket', buckets.starts_at),
        ('seven days', buckets.week_starts_at),
        ('thirty days', buckets.month_starts_at)
    ) as spans (span, asked_from)
),

judged as (
    select
        asked.organization_id,
        asked.bucket_type,
        asked.bucket_date,
        asked.span,
        known.stream,
        case
            when known.known_until is null and not known.is_mapped
                then format('No table of an operational database is mapped to %s.', known.stream)
            when known.known_until is null
                then format('The operational database''s %s were never read to the end.', known.stream)
            when known.is_log and known.first_at is null
                then format('The operational database''s %s hold nothing yet.', known.stream)
            when known.is_log and asked.asked_from < known.known_from
                then format(
                    'The operational database''s %s begin on %s, and that day may not be whole.',
                    known.stream,
                    to_char(known.first_at at time zone known.time_zone, 'YYYY-MM-DD')
                )
            when known.known_until < asked.ends_at
                then format(
                    'The operational database''s %s were last read on %s, before it was over.',
                    known.stream,
                    to_char(known.known_until at time zone known.time_zone, 'YYYY-MM-DD')
                )
            when not known.covered @> tstzrange(asked.asked_from, asked.ends_at)
                then format('The operational database''s %s were not read for all of it.', known.stream)
        end as reason
    from asked
    inner join known on asked.organization_id = known.organization_id
    where asked.span = 'bucket' or known.stream = 'login_events'
)

select * from judged
where reason is not null
