{{ config(materialized='table') }}

with buckets as (
    select
        scopes.organization_id,
        scopes.environment,
        scopes.client_id,
        buckets.bucket_type,
        buckets.bucket_date,
        buckets.last_date
    from {{ ref('int_product_scopes_listed') }} as scopes
    inner join {{ ref('int_product_buckets_listed') }} as buckets
        on
            scopes.organization_id = buckets.organization_id
            and scopes.first_date <= buckets.last_date
),

products as (
    select
        products.*,
        coalesce(organizations.settings #> '{sources,opsdb,tables,users,columns}', '{}') as user_columns,
        organizations.settings -> 'sources' is null as is_mapping_unknown
    from {{ ref('int_products_listed') }} as products
    inner join {{ source('app', 'organizations') }} as organizations
        on products.organization_id = organizations.organization_id
),

streams as (
    select
        organization_id,
        bucket_type,
        bucket_date,
        max(reason) filter (where stream = 'users') as users_reason,
        max(reason) filter (where stream = 'tenants') as tenants_reason,
        max(reason) filter (where stream = 'login_events' and span = 'bucket') as logins_reason,
        max(reason) filter (where stream = 'login_events' and span = 'seven days') as week_reason,
        max(reason) filter (where stream = 'login_events' and span = 'thirty days') as month_reason,
        max(reason) filter (where stream = 'activation_events') as actions_reason,
        max(reason) filter (where stream = 'api_requests') as api_reason,
        max(reason) filter (where stream = 'jobs') as jobs_reason,
        max(reason) filter (where stream = 'ai_usage') as ai_reason
    from {{ ref('int_product_streams_judged') }}
    group by organization_id, bucket_type, bucket_date
),

-- The active users of the last day are known where that day is, also in a month of which the beginning is not.
last_days as (
    select
        organization_id,
        bucket_date as last_date,
        reason as last_day_reason
    from {{ ref('int_product_streams_judged') }}
    where bucket_type = 'daily' and stream = 'login_events' and span = 'bucket'
),

stripe_clients as (
    select distinct
        organization_id,
        client_id
    from {{ source('app', 'client_links') }}
    where source = 'stripe'
),

stripe as (
    select
        buckets.*,
        case
            when buckets.environment <> 'production' then 'Stripe knows no environments; see production.'
            when buckets.client_id not in ('all', 'unassigned') and stripe_clients.client_id is null
                then 'The client is not known in Stripe.'
        end as scope_reason
    from buckets
    left join stripe_clients
        on
            buckets.organization_id = stripe_clients.organization_id
            and buckets.client_id = stripe_clients.client_id
),

gathered as (
    select
        stripe.*,
        streams.users_reason,
        streams.logins_reason,
        last_days.last_day_reason,
        streams.week_reason,
        streams.month_reason,
        streams.actions_reason,
        streams.tenants_reason,
        streams.api_reason,
        streams.jobs_reason,
        streams.ai_reason,
        case
            when not products.is_mapping_unknown and not products.user_columns ? 'deactivated_at'
                then 'No column is mapped to users.deactivated_at, so nobody knows when users left.'
        end as departures_reason,
        case
            when products.key_actions is null then 'No key actions are configured (product.key_actions).'
        end as key_actions_reason,
        case
            when products.succeeded_job_statuses is null or products.failed_job_statuses is null
                then 'What a job that ended is called is not configured (product.succeeded_job_statuses).'
        end as job_statuses_reason,
        coalesce(judged.subscriptions_reason, stripe.scope_reason) as subscriptions_reason,
        coalesce(judged.invoices_reason, stripe.scope_reason) as invoices_reason,
        coalesce(judged.charges_reason, stripe.scope_reason) as charges_reason,
        coalesce(
            judged.subscriptions_reason,
            stripe.scope_reason,
            case
                when stripe.last_date + 1 <> date_trunc('month', stripe.last_date + 1)::date
                    then 'Recurring revenue is measured at the end of each month.'
            end
        ) as measured_reason,
        {%- for reason in ['mrr_reason', 'movement_reason', 'arpa_reason', 'ltv_reason'] %}
        revenue.{{ reason }} as revenue_{{ reason }},
        {%- endfor %}
        revenue.scope_reason as revenue_scope_reason,
        case when revenue.period is null then 'The month is no part of the history of Stripe.' end as missing_reason,
        {%- for figure in [
            'mrr_run_rate', 'arr', 'arpa', 'paying_clients', 'opening_mrr', 'net_revenue_retention',
            'gross_revenue_retention', 'revenue_churn_rate', 'customer_churn_rate', 'ltv'
        ] %}
        revenue.{{ figure }},
        {%- endfor %}
        coalesce(days.signups, 0) as signups,
        coalesce(days.new_customers, 0) as new_customers,
        coalesce(days.churned_customers, 0) as churned_customers,
        coalesce(days.reactivated_customers, 0) as reactivated_customers,
        coalesce(days.total_customers, 0) as total_customers,
        coalesce(days.customers_at_start, 0) as customers_at_start,
        coalesce(days.new_tenants, 0) as new_tenants,
        coalesce(days.churned_tenants, 0) as churned_tenants,
        coalesce(days.reactivated_tenants, 0) as reactivated_tenants,
        coalesce(days.total_tenants, 0) as total_tenants,
        coalesce(days.dau, 0) as dau,
        coalesce(days.wau, 0) as wau,
        coalesce(days.mau, 0) as mau,
        coalesce(users.active_users, 0) as active_users,
        coalesce(users.activated_users, 0) as activated_users,
        coalesce(users.users_uploaded_file, 0) as users_uploaded_file,
        coalesce(users.users_created_worklog, 0) as users_created_worklog,
        coalesce(users.users_generated_report, 0) as users_generated_report,
        coalesce(days.trials_started, 0) as tenant_trials_started,
        coalesce(days.trials_converted, 0) as tenant_trials_converted,
        coalesce(counted.trial_started, 0) as trial_started,
        coalesce(counted.trial_converted, 0) as trial_converted,
        coalesce(counted.stripe_active_subscriptions, 0) as stripe_active_subscriptions,
        coalesce(counted.stripe_past_due, 0) as stripe_past_due,
        coalesce(counted.stripe_canceled, 0) as stripe_canceled,
        coalesce(counted.stripe_failed_payments, 0) as stripe_failed_payments,
        coalesce(counted.outstanding_invoices_count, 0) as outstanding_invoices_count,
        coalesce(counted.outstanding_invoices_value, 0) as outstanding_invoices_value,
        coalesce(counted.is_convertible, true) as is_convertible,
        coalesce(requests.api_requests_total, 0) as api_requests_total,
        coalesce(requests.api_errors_total, 0) as api_errors_total,
        coalesce(requests.api_client_errors_total, 0) as api_client_errors_total,
        requests.api_avg_latency_ms,
        requests.api_p50_latency_ms,
        requests.api_p95_latency_ms,
        requests.api_p99_latency_ms,
        coalesce(jobs.jobs_total, 0) as jobs_total,
        coalesce(jobs.jobs_succeeded, 0) as jobs_succeeded,
        coalesce(jobs.jobs_failed, 0) as jobs_failed,
        jobs.jobs_avg_duration_sec,
        coalesce(ai.ai_total_requests, 0) as ai_total_requests,
        coalesce(ai.calls_with_tokens, 0) as calls_with_tokens,
        coalesce(ai.calls_with_a_cost, 0) as calls_with_a_cost,
        coalesce(ai.ai_tokens_used, 0) as ai_tokens_used,
        coalesce(ai.ai_cost_usd, 0) as ai_cost_usd
    from stripe
    inner join products on stripe.organization_id = products.organization_id
    left join streams
        on
            stripe.organization_id = streams.organization_id
            and stripe.bucket_type = streams.bucket_type
            and stripe.bucket_date = streams.bucket_date
    left join last_days
        on
            stripe.organization_id = last_days.organization_id
            and stripe.last_date = last_days.last_date
    left join {{ ref('int_snapshot_stripe_judged') }} as judged
        on
            stripe.organization_id = judged.organization_id
            and stripe.bucket_type = judged.bucket_type
            and stripe.bucket_date = judged.bucket_date
    left join {{ ref('int_snapshot_revenue_gathered') }} as revenue
        on
            stripe.organization_id = revenue.organization_id
            and stripe.environment = 'production'
            and stripe.client_id = revenue.client_id
            and to_char(stripe.last_date, 'YYYY-MM') = revenue.period
    {%- for model, alias in [
        ('int_snapshot_days_summed', 'days'),
        ('int_snapshot_users_counted', 'users'),
        ('int_product_requests_counted', 'requests'),
        ('int_product_jobs_counted', 'jobs'),
        ('int_product_ai_calls_counted', 'ai'),
    ] %}
    left join {{ ref(model) }} as {{ alias }}
        on
            stripe.organization_id = {{ alias }}.organization_id
            and stripe.environment = {{ alias }}.environment
            and stripe.client_id = {{ alias }}.client_id
            and stripe.bucket_type = {{ alias }}.bucket_type
            and stripe.bucket_date = {{ alias }}.bucket_date
    {%- endfor %}
    left join {{ ref('int_snapshot_stripe_counted') }} as counted
        on
            stripe.organization_id = counted.organization_id
            and stripe.environment = 'production'
            and stripe.client_id = counted.client_id
            and stripe.bucket_type = counted.bucket_type
            and stripe.bucket_date = counted.bucket_date
),

explained as (
    select
        *,
        coalesce(measured_reason, missing_reason, revenue_mrr_reason) as mrr_reason,
        coalesce(measured_reason, missing_reason, revenue_movement_reason) as movement_reason,
        coalesce(measured_reason, missing_reason, revenue_arpa_reason) as arpa_reason,
        coalesce(measured_reason, missing_reason, revenue_ltv_reason) as ltv_reason
    from gathered
),

measured as (
    select
        organization_id,
        environment,
        client_id,
        bucket_type,
        bucket_date,
        last_date,
        {%- for name, expression, reason in snapshot_figures() %}
        case when ({{ reason }}) is null then {{ expression }} end as {{ name }},
        {%- endfor %}
        case when movement_reason is null then opening_mrr end as opening_mrr,
        -- As two arrays, which costs a third of building the object from pairs.
        jsonb_strip_nulls(
            jsonb_object(
                array[
                    {%- for name, expression, reason in snapshot_figures() %}
                    '{{ name }}'{{ ',' if not loop.last }}
                    {%- endfor %}
                ],
                array[
                    {%- for name, expression, reason in snapshot_figures() %}
                    {{ reason }}{{ ',' if not loop.last }}
                    {%- endfor %}
                ]
            )
        ) as reasons
    from explained
)

select * from measured
