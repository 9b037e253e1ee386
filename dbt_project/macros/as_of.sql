{#- The instant this build is computed at: the variable `as_of`, else the start of the transaction. -#}
{% macro as_of() -%}
    {%- if var('as_of') -%} timestamptz '{{ var('as_of') }}' {%- else -%} now() {%- endif -%}
{%- endmacro %}
