{#-
    A Stripe amount, which counts the smallest unit of its currency, in units of the currency itself. Stripe's list of
    currencies without decimals and with three: https://docs.stripe.com/currencies
-#}
{% macro amount_in_major_units(amount, currency) -%}
    (
        {{ amount }} * case
            when upper({{ currency }}) in (
                'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
            ) then 1
            when upper({{ currency }}) in ('BHD', 'JOD', 'KWD', 'OMR', 'TND') then 0.001
            else 0.01
        end
    )
{%- endmacro %}
