{#- An amount as it stands in a sentence, with the sign of the organization's currency (`money_sign`) before it. -#}
{% macro money_in_words(amount) -%}
coalesce(money_sign, '') || to_char({{ amount }}, 'FM999,999,990.00')
{%- endmacro %}
