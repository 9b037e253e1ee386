{#-
    What is divided by what, in totals over the months used. An average over n months, times n, is such a total: where
    a formula divides by an average and by n, the total alone divides, and the one rounding is at the very end.
-#}
{% macro smartnumber_formulas() -%}
    {%- do return({
        'tickets_per_tech_per_month': ('reactive_tickets_closed', 'technical_employees'),
        'total_close_pct': ('reactive_tickets_closed', 'reactive_tickets_created'),
        'tickets_per_endpoint_per_month': ('reactive_tickets_created', 'endpoints_managed'),
        'rhem': ('reactive_time_spent', 'endpoints_managed'),
        'avg_resolution_time': ('reactive_time_spent', 'reactive_tickets_closed'),
        'reactive_service_pct': ('reactive_time_spent', 'technical_employees * working_hours_per_month'),
        'net_profit_pct': ('net_profit', 'total_revenue'),
        'revenue_from_services_pct': ('nrr + mrr', 'total_revenue'),
        'services_from_mrr_pct': ('mrr', 'nrr + mrr'),
        'annual_service_rev_per_employee': ('(nrr + mrr) * 12', 'employees'),
        'annual_service_rev_per_tech': ('(nrr + mrr) * 12', 'technical_employees'),
        'avg_aisp': ('mrr', 'seats_managed'),
        'avg_mrr_per_agreement': ('mrr', 'agreements'),
        'new_mrr_added': ('new_mrr', '1'),
        'lost_mrr': ('lost_mrr', '1'),
        'net_mrr_gain': ('new_mrr - lost_mrr', '1'),
        'dials_per_appointment': ('telemarketing_dials', 'first_time_appointments'),
        'sales_call_close_pct': ('new_agreements', 'first_time_appointments'),
        'annual_service_rev_per_employee_incl_orr': ('(nrr + mrr + orr) * 12', 'employees'),
        'annual_service_rev_per_tech_incl_orr': ('(nrr + mrr + orr) * 12', 'technical_employees'),
        'revenue_from_services_incl_orr_pct': ('nrr + mrr + orr', 'total_revenue'),
        'revenue_per_endpoint': ('total_revenue', 'endpoints_managed'),
    }) -%}
{%- endmacro %}

{#- Every monthly metric that a formula names. -#}
{% macro smartnumber_parts() -%}
    {%- do return([
        'reactive_tickets_created', 'reactive_tickets_closed', 'reactive_time_spent', 'endpoints_managed', 'seats_managed',
        'nrr', 'mrr', 'orr', 'total_revenue', 'net_profit', 'employees', 'technical_employees', 'agreements',
        'telemarketing_dials', 'first_time_appointments', 'new_agreements', 'new_mrr', 'lost_mrr'
    ]) -%}
{%- endmacro %}

{#- The quotient of the SmartNumber that a row is of, from columns named like its parts; NULL where it has none. -#}
{% macro smartnumber_quotient(metric) -%}
    case {{ metric }}
        {%- for name, (dividend, divisor) in smartnumber_formulas().items() %}
        when '{{ name }}' then {{ safe_divide(dividend, divisor) }}
        {%- endfor %}
    end
{%- endmacro %}
