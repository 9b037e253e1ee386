{#- The id behind a Stripe reference, which is the id itself or, where it was expanded, the whole object. -#}
{% macro stripe_id(reference) -%}
    case jsonb_typeof({{ reference }}) when 'object' then {{ reference }} ->> 'id' else {{ reference }} #>> '{}' end
{%- endmacro %}
