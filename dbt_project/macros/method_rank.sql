{#-
    How much a method is trusted when several give a value for the same figure: 1 is most. A correction is a person's
    audited decision and beats everything; history that was imported never displaces what was read from its source.
-#}
{% macro method_rank(method) -%}
    array_position(
        array['corrected', 'calculated', 'accounting', 'collected', 'manual', 'imported', 'estimated'], {{ method }}
    )
{%- endmacro %}
