{#-
    What a price of some interval comes to in a month: a quarter is three months, a year twelve, and a year has 52 weeks
    or 365 days. It is multiplied before it is divided, and kept to sixteen decimals. Each sum above it is kept to two
    fewer, so that what is the same comes out the same however it is split into items, currencies and clients; figures are
    rounded to cents once, at the end.
-#}
{% macro monthly_amount(amount, interval, interval_count) -%}
    trim_scale(
        round(
            round({{ amount }}, 20)
            * case {{ interval }} when 'month' then 12 when 'year' then 1 when 'week' then 52 when 'day' then 365 end
            / (12 * {{ interval_count }}),
            16
        )
    )
{%- endmacro %}
