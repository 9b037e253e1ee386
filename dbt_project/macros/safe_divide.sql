{#- A quotient, or NULL where the divisor is zero or missing: what cannot be computed is not zero. -#}
{% macro safe_divide(dividend, divisor) -%}
    (({{ dividend }})::numeric / nullif(({{ divisor }})::numeric, 0))
{%- endmacro %}
