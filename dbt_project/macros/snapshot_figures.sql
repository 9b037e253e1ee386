{#-
    The figures of an executive snapshot that need no manual input: name, expression, and the expression that says why there
    is none (NULL where there is one). A ratio adds the sentence for a divisor that is zero.
-#}
{% macro snapshot_figures() -%}
    {{ return([
        ('mrr_run_rate', round_half_even('mrr_run_rate', 2), 'mrr_reason'),
        ('arr', round_half_even('arr', 2), 'mrr_reason'),
        ('net_revenue_retention', round_half_even('net_revenue_retention', 4), 'movement_reason'),
        ('gross_revenue_retention', round_half_even('gross_revenue_retention', 4), 'movement_reason'),
        ('revenue_churn_rate', round_half_even('revenue_churn_rate', 4), 'movement_reason'),
        ('customer_churn_rate', round_half_even('customer_churn_rate', 4), 'coalesce(movement_reason, revenue_scope_reason)'),
        ('arpa', round_half_even('arpa', 2), 'arpa_reason'),
        ('paying_clients', 'paying_clients', 'coalesce(mrr_reason, revenue_scope_reason)'),
        ('ltv', round_half_even('ltv', 2), 'ltv_reason'),
        ('total_customers', 'total_customers', 'users_reason'),
        ('new_customers', 'new_customers', 'users_reason'),
        ('churned_customers', 'churned_customers', 'coalesce(users_reason, departures_reason)'),
        ('reactivated_customers', 'reactivated_customers', 'coalesce(users_reason, departures_reason)'),
        ('account_churn_rate', round_half_even(safe_divide('churned_customers', 'customers_at_start'), 4), "coalesce(users_reason, departures_reason, case when customers_at_start = 0 then 'There were no customers at its start.' end)"),
        ('dau', 'dau', 'last_day_reason'),
        ('wau', 'wau', 'week_reason'),
        ('mau', 'mau', 'month_reason'),
        ('dau_mau', round_half_even(safe_divide('dau', 'mau'), 4), "coalesce(last_day_reason, month_reason, case when mau = 0 then 'Nobody was active in the 30 days.' end)"),
        ('active_users', 'active_users', 'logins_reason'),
        ('signups_total', 'signups', 'users_reason'),
        ('activated_users', 'activated_users', 'coalesce(actions_reason, key_actions_reason)'),
        ('users_uploaded_file', 'users_uploaded_file', 'actions_reason'),
        ('users_created_worklog', 'users_created_worklog', 'actions_reason'),
        ('users_generated_report', 'users_generated_report', 'actions_reason'),
        ('trial_started', 'trial_started', 'subscriptions_reason'),
        ('trial_converted', 'trial_converted', 'coalesce(subscriptions_reason, invoices_reason)'),
        ('trial_conversion_rate', round_half_even(safe_divide('trial_converted', 'trial_started'), 4), "coalesce(subscriptions_reason, invoices_reason, case when trial_started = 0 then 'No trial began.' end)"),
        ('tenant_trials_started', 'tenant_trials_started', 'tenants_reason'),
        ('tenant_trials_converted', 'tenant_trials_converted', 'tenants_reason'),
        ('total_tenants', 'total_tenants', 'tenants_reason'),
        ('new_tenants', 'new_tenants', 'tenants_reason'),
        ('churned_tenants', 'churned_tenants', 'tenants_reason'),
        ('reactivated_tenants', 'reactivated_tenants', 'tenants_reason'),
        ('stripe_active_subscriptions', 'stripe_active_subscriptions', 'subscriptions_reason'),
        ('stripe_past_due', 'stripe_past_due', 'coalesce(subscriptions_reason, invoices_reason)'),
        ('stripe_canceled', 'stripe_canceled', 'subscriptions_reason'),
        ('stripe_failed_payments', 'stripe_failed_payments', 'charges_reason'),
        ('outstanding_invoices_count', 'outstanding_invoices_count', 'invoices_reason'),
        ('outstanding_invoices_value', round_half_even('outstanding_invoices_value', 2), "coalesce(invoices_reason, case when not is_convertible then 'No rate is stored for the currency of an open invoice.' end)"),
        ('api_requests_total', 'api_requests_total', 'api_reason'),
        ('api_errors_total', 'api_errors_total', 'api_reason'),
        ('api_client_errors_total', 'api_client_errors_total', 'api_reason'),
        ('error_rate', round_half_even(safe_divide('api_errors_total', 'api_requests_total'), 4), "coalesce(api_reason, case when api_requests_total = 0 then 'There were no requests.' end)"),
        ('api_avg_latency_ms', round_half_even('api_avg_latency_ms', 2), "coalesce(api_reason, case when api_avg_latency_ms is null then 'No latency was measured.' end)"),
        ('api_p50_latency_ms', round_half_even('api_p50_latency_ms', 2), "coalesce(api_reason, case when api_avg_latency_ms is null then 'No latency was measured.' end)"),
        ('api_p95_latency_ms', round_half_even('api_p95_latency_ms', 2), "coalesce(api_reason, case when api_avg_latency_ms is null then 'No latency was measured.' end)"),
        ('api_p99_latency_ms', round_half_even('api_p99_latency_ms', 2), "coalesce(api_reason, case when api_avg_latency_ms is null then 'No latency was measured.' end)"),
        ('jobs_total', 'jobs_total', 'jobs_reason'),
        ('jobs_succeeded', 'jobs_succeeded', 'coalesce(jobs_reason, job_statuses_reason)'),
        ('jobs_failed', 'jobs_failed', 'coalesce(jobs_reason, job_statuses_reason)'),
        ('jobs_avg_duration_sec', round_half_even('jobs_avg_duration_sec', 2), "coalesce(jobs_reason, job_statuses_reason, case when jobs_avg_duration_sec is null then 'No job ended well.' end)"),
        ('job_success_rate', round_half_even(safe_divide('jobs_succeeded', 'jobs_succeeded + jobs_failed'), 4), "coalesce(jobs_reason, job_statuses_reason, case when jobs_succeeded + jobs_failed = 0 then 'No job ended.' end)"),
        ('job_failure_rate', round_half_even(safe_divide('jobs_failed', 'jobs_succeeded + jobs_failed'), 4), "coalesce(jobs_reason, job_statuses_reason, case when jobs_succeeded + jobs_failed = 0 then 'No job ended.' end)"),
        ('ai_tokens_used', 'ai_tokens_used', "coalesce(ai_reason, case when ai_total_requests > calls_with_tokens then 'Some calls do not say how many tokens they used.' end)"),
        ('ai_cost_usd', round_half_even('ai_cost_usd', 4), "coalesce(ai_reason, case when ai_total_requests > calls_with_a_cost then 'Some calls do not say what they cost.' end)"),
    ]) }}
{%- endmacro %}

{#- Whether a bucket touches the days, and is of the client and organization, that `qbr snapshot` was asked for. -#}
{% macro snapshot_range() -%}
    last_date >= coalesce(nullif('{{ var('snapshot_from') }}', '')::date, '-infinity')
    and bucket_date <= coalesce(nullif('{{ var('snapshot_to') }}', '')::date, 'infinity')
    and '{{ var('snapshot_client') | replace("'", "''") }}' in ('', client_id)
    and '{{ var('snapshot_organization') | replace("'", "''") }}' in ('', organization_id)
{%- endmacro %}
