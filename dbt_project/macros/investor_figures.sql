{#- The figures that investors are told by the month: name, expression, and what says why there is none. -#}
{% macro investor_figures() -%}
    {%- set api = "snapshot_reasons ->> '" -%}
    {{ return([
        ('uptime_percentage', round_half_even(safe_divide('week_successes', 'week_counted'), 4), 'week_reason'),
        ('uptime_percentage_30d', round_half_even(safe_divide('thirty_successes', 'thirty_counted'), 4), 'thirty_reason'),
        ('system_status', "case when healthy_services < services then 'down' when " ~ safe_divide('week_successes', 'week_counted') ~ " >= 0.995 then 'healthy' else 'degraded' end", 'coalesce(services_reason, week_reason)'),
        ('services_configured', 'services', 'services_reason'),
        ('services_operational', 'healthy_services', 'services_reason'),
        ('api_p50_latency_ms', 'api_p50_latency_ms', api ~ "api_p50_latency_ms'"),
        ('api_p95_latency_ms', 'api_p95_latency_ms', api ~ "api_p95_latency_ms'"),
        ('error_rate', 'error_rate', api ~ "error_rate'"),
        ('ai_total_requests', 'ai_total_requests', 'ai_total_reason'),
        ('ai_cache_hit_rate', round_half_even('ai_cache_hit_rate', 4), "coalesce(ai_reason, case when ai_cache_hit_rate is null then 'No call says whether a cache was asked.' end)"),
        ('ai_error_rate', round_half_even('ai_error_rate', 4), "coalesce(ai_reason, case when ai_error_rate is null then 'No call says whether it succeeded.' end)"),
        ('ai_average_response_time_ms', round_half_even('ai_average_response_time_ms', 2), "coalesce(ai_reason, case when ai_average_response_time_ms is null then 'No call says how long it took.' end)"),
        ('ai_active_providers', 'ai_active_providers', 'ai_reason'),
        ('ai_most_used_provider', 'ai_most_used_provider', "coalesce(ai_reason, case when ai_most_used_provider is null then 'No call names its provider.' end)"),
        ('mrr_run_rate', 'mrr_run_rate', 'mrr_reason'),
        ('arr', 'arr', 'mrr_reason'),
        ('active_customers', 'paying_clients', 'mrr_reason'),
        ('avg_customer_value', 'arpa', 'arpa_reason'),
        ('lead_conversion_rate', round_half_even(safe_divide('leads_converted', 'leads_created'), 4), 'leads_reason'),
        ('new_customers_30d', 'new_tenants', 'tenants_reason'),
        ('mrr_growth_rate', round_half_even('growth_rate', 4), 'growth_reason'),
        ('customer_churn_rate', 'customer_churn_rate', 'churn_reason'),
        ('churn_risk', "case when customer_churn_rate >= high_churn_rate or growth_rate < 0 then 'high' when customer_churn_rate < low_churn_rate and growth_rate > low_risk_growth_rate then 'low' else 'medium' end", 'coalesce(growth_reason, churn_reason)'),
        ('growth_trajectory', "case when growth_rate > strong_growth_rate then 'strong' when growth_rate >= 0 then 'steady' else 'declining' end", 'growth_reason'),
        ('platform_utilization', round_half_even(safe_divide('wau', 'licensed_users'), 4), 'utilization_reason'),
    ]) }}
{%- endmacro %}
