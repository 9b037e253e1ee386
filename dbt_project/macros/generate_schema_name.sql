{#- A model lands in the schema its folder names, whoever builds it: readers and grants rely on those names. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
