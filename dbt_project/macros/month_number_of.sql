{#- A month as a number that grows by one from month to month: `2026-06` -> 24317. -#}
{% macro month_number_of(period) -%}
    (left({{ period }}, 4)::integer * 12 + right({{ period }}, 2)::integer - 1)
{%- endmacro %}

{#- And back again. -#}
{% macro period_of_number(number) -%}
    to_char(make_date({{ number }} / 12, {{ number }} % 12 + 1, 1), 'YYYY-MM')
{%- endmacro %}
