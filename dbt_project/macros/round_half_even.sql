{#-
    Rounds a numeric to `scale` decimals, a tie going to the even neighbour; Postgres' own round() sends it away from
    zero, which would push a long column of figures upwards. Half of the shifted value ends in .25 or .75 where the
    value is a tie, so rounding that half and doubling it lands on the even neighbour.
-#}
{% macro round_half_even(expression, scale) -%}
    {%- set shifted = '((' ~ expression ~ ')::numeric * 1e' ~ scale ~ ')' -%}
    (
        case
            when abs({{ shifted }} - trunc({{ shifted }})) = 0.5
                then round(2 * round({{ shifted }} * 0.5) * 1e-{{ scale }}, {{ scale }})
            else round(({{ expression }})::numeric, {{ scale }})
        end
    )
{%- endmacro %}
