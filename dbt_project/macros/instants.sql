{#-
    Epoch seconds, with or without a fraction, as an instant. NinjaOne sends seconds but slips into milliseconds in
    places; no second count reaches 1e11 before the year 5138.
-#}
{% macro instant_from_epoch(seconds) -%}
    to_timestamp((case when {{ seconds }} >= 1e11 then {{ seconds }} / 1000 else {{ seconds }} end)::double precision)
{%- endmacro %}
