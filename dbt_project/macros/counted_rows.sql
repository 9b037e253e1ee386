{#- Let Postgres count what a model has just written, so that whatever joins it next is planned for its true size. -#}
{% macro counted_rows() -%}
    {%- if model.config.materialized == 'table' -%} analyze {{ this }} {%- endif -%}
{%- endmacro %}
