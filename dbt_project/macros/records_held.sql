{#-
  How many live records each raw table holds, a row per organization, source and stream. The list of tables is the one
  the sources' YAML declares; daily histories are copies and not counted.
-#}
{% macro records_held() -%}
    {%- set tables = [] -%}
    {%- for node in (graph.sources if execute else {}).values() if node.schema.startswith('raw_') and node.schema != 'raw_meta' and not node.name.endswith('_daily') -%}
        {%- do tables.append(node) -%}
    {%- endfor %}
    {%- for node in tables | sort(attribute='unique_id') %}
    select
        organization_id,
        '{{ node.source_name }}' as source,
        '{{ node.name }}' as stream,
        count(*) as records
    from {{ node.relation_name }}
    where deleted_at is null
    group by 1
    {% if not loop.last %}union all{% endif %}
    {%- else %}
    select null::text as organization_id, null::text as source, null::text as stream, null::bigint as records
    where false
    {%- endfor %}
{%- endmacro %}
