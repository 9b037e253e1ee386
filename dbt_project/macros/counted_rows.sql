{#-
    Let Postgres count what a model has just written, so that whatever joins it next is planned for its true size. Of an
    incremental table that is what it was built with: as it grows Postgres counts again by itself.
-#}
{% macro counted_rows() -%}
    {%- if model.config.materialized == 'table' or (model.config.materialized == 'incremental' and not is_incremental()) -%}
    analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
