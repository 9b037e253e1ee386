{#-
    After a table was built on a Citus cluster: spread it over the workers by organization, or lay it whole on each where
    it has no organization. What lies right already, an incremental table from its second build on, is left alone.
    Elsewhere, and for views, nothing is done.
-#}
{% macro distribute() -%}
    {%- if is_citus() and model.config.materialized in ('table', 'incremental', 'seed') -%}
    select
        {%- if 'organization_id' in model.columns %}
        create_distributed_table('{{ this }}', 'organization_id')
        {%- else %}
        create_reference_table('{{ this }}')
        {%- endif %}
    where '{{ this }}'::regclass not in (select logicalrelid from pg_dist_partition)
    {%- endif -%}
{%- endmacro %}
