{#- Whether the warehouse is a Citus cluster: the environment says so, as it says where the warehouse is. -#}
{% macro is_citus() -%}
    {{ return(env_var('QBR_WAREHOUSE', 'postgres') == 'citus') }}
{%- endmacro %}
