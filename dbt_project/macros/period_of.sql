{#- The month an instant falls in, `2026-06`, on the wall clock of an organization's zone (an IANA name). -#}
{% macro period_of(instant, time_zone) -%}
    to_char({{ instant }} at time zone {{ time_zone }}, 'YYYY-MM')
{%- endmacro %}

{#- First instant of a month in a zone; with `months=1`, the first instant after it. -#}
{% macro period_starts_at(period, time_zone, months=0) -%}
    ((to_date({{ period }}, 'YYYY-MM') + interval '{{ months }} month')::timestamp at time zone {{ time_zone }})
{%- endmacro %}

{#- The calendar quarter of a month: `2026-06` -> `2026-Q2`. -#}
{% macro quarter_of(period) -%}
    to_char(to_date({{ period }}, 'YYYY-MM'), 'YYYY-"Q"Q')
{%- endmacro %}
