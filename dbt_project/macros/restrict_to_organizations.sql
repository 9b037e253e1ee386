{#-
    After a mart was built: let its readers see the rows of their own organizations. dbt makes tables anew and grants and
    policies go with the old one, so this follows every build. The function is the migrations' own.
-#}
{% macro restrict_to_organizations() -%}
    {%- if model.config.materialized in ('table', 'incremental', 'seed') -%}
    select app.restrict_to_organizations('{{ this }}')
    {%- endif -%}
{%- endmacro %}
