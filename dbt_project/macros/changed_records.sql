{#-
    The raw records of one stream that a staging model has to parse: all of them on a first build, afterwards those the
    loader touched since the model's own newest row of that organization, and an hour before it, because batches of
    one run commit in any order. `extracted_at` is the time of the merge and moves for deletions too, so a model that
    grows leaves what it has parsed of that hour already, which after a nightly run is the whole day before. All of that
    day has one instant, so it must not be the way to find a row: no index serves `is not distinct from`.
-#}
{% macro changed_records(stream) -%}
    select raw.*
    from {{ stream }} as raw
    {%- if is_incremental() %}
    where
        {{ touched_since(raw_marks(stream), 'raw') }}
        {%- if has_marks_indexed() %}
        and not exists (
            select from {{ this }} as parsed
            where
                parsed.organization_id = raw.organization_id
                and parsed.{{ model.config.unique_key[1] }} = raw.record_id
                and parsed.extracted_at is not distinct from raw.extracted_at
        )
        {%- endif %}
    {%- endif %}
{%- endmacro %}

{#- Whether the newest row of each organization can be looked up by an index: so it is in models that grow. -#}
{% macro has_marks_indexed() -%}
    {{ return({'columns': ['organization_id', 'extracted_at']} in (model.config.get('indexes') or [])) }}
{%- endmacro %}

{#-
    Every organization a raw table holds, and from where on its records were not all parsed by this model. A model with
    an index by organization and `extracted_at` is one that grows: there the newest row is looked up, not searched for.
-#}
{% macro raw_marks(stream) -%}
    with held as (
        {{ organizations_in(stream) }}
    ),

    built as (
        {%- if has_marks_indexed() and not is_citus() %}
        select
            held.organization_id,
            (
                select max(newest.extracted_at) from {{ this }} as newest
                where newest.organization_id = held.organization_id
            ) - interval '1 hour' as read_from
        from held
        {%- else %}
        select
            organization_id,
            max(extracted_at) - interval '1 hour' as read_from
        from {{ this }}
        group by organization_id
        {%- endif %}
    )

    select
        held.organization_id,
        built.read_from::text as read_from
    from held
    left join built on held.organization_id = built.organization_id
{%- endmacro %}
