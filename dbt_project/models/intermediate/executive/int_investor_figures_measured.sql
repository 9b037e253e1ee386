{{ config(materialized='table') }}

with products as (
    select * from {{ ref('int_products_listed') }}
),

months as (
    select * from {{ ref('int_product_buckets_listed') }}
    where bucket_type = 'monthly'
),

snapshots as (
    select * from {{ ref('int_snapshot_figures_measured') }}
    where client_id = 'all' and environment = 'production' and bucket_type = 'monthly'
),

unknown as (
    select
        organization_id,
        bucket_date,
        max(reason) filter (where stream = 'health_probes') as probes_reason,
        max(reason) filter (where stream = 'leads') as leads_reason,
        max(reason) filter (where stream = 'ai_usage') as ai_reason,
        max(reason) filter (where stream = 'users') as users_reason,
        max(reason) filter (where stream = 'tenants') as tenants_reason
    from {{ ref('int_product_streams_judged') }}
    where bucket_type = 'monthly' and span = 'bucket'
    group by organization_id, bucket_date
),

leads_known as (
    select
        organization_id,
        upper(covered) as known_until
    from {{ source('raw_meta', 'cursors') }}
    where source = 'opsdb' and stream = 'leads'
),

leads as (
    select
        leads.organization_id,
        date_trunc('month', leads.created_at at time zone products.time_zone)::date as bucket_date,
        count(*) as leads_created,
        count(*) filter (
            where leads.converted_at < leads.created_at + make_interval(days => products.lead_conversion_days)
        ) as leads_converted
    from {{ ref('stg_opsdb__leads') }} as leads
    inner join products on leads.organization_id = products.organization_id
    group by leads.organization_id, bucket_date
),

calls as (
    select * from {{ ref('int_product_ai_calls_counted') }}
    where client_id = 'all' and environment = 'production' and bucket_type = 'monthly'
),

licensed as (
    select
        months.organization_id,
        months.bucket_date,
        count(users.is_licensed) as users_that_say,
        count(*) filter (where users.is_licensed) as licensed_users
    from months
    inner join {{ ref('int_users_placed') }} as users
        on
            months.organization_id = users.organization_id
            and users.environment = 'production'
            and months.ends_at > users.created_at
            and (
                months.ends_at <= coalesce(users.left_at, 'infinity')
                or (
                    months.ends_at > users.came_back_at
                    and months.ends_at <= coalesce(users.left_again_at, 'infinity')
                )
            )
    group by months.organization_id, months.bucket_date
),

recent as (
    select
        months.organization_id,
        months.bucket_date,
        sum(days.new_tenants)::bigint as new_tenants
    from months
    inner join {{ ref('int_product_days_counted') }} as days
        on
            months.organization_id = days.organization_id
            and days.environment = 'production'
            and days.client_id = 'all'
            and days.activity_date between months.last_date - 29 and months.last_date
    group by months.organization_id, months.bucket_date
),

gathered as (
    select
        months.organization_id,
        months.bucket_date,
        products.low_churn_rate,
        products.high_churn_rate,
        products.low_risk_growth_rate,
        products.strong_growth_rate,
        snapshots.mrr_run_rate,
        snapshots.arr,
        snapshots.arpa,
        snapshots.paying_clients,
        snapshots.customer_churn_rate,
        snapshots.wau,
        snapshots.api_p50_latency_ms,
        snapshots.api_p95_latency_ms,
        snapshots.error_rate,
        snapshots.reasons as snapshot_reasons,
        {{ safe_divide('snapshots.mrr_run_rate - snapshots.opening_mrr', 'snapshots.opening_mrr') }} as growth_rate,
        week.successful_probes as week_successes,
        week.counted_probes as week_counted,
        thirty.successful_probes as thirty_successes,
        thirty.counted_probes as thirty_counted,
        thirty.services,
        thirty.healthy_services,
        {%- for window in ['week', 'thirty'] %}
        coalesce(
            unknown.probes_reason,
            case
                when {{ window }}.probes is null then 'No service was probed.'
                when not {{ window }}.is_interval_known
                    then 'How often services are probed is not configured (product.probe_interval_minutes).'
                when {{ window }}.probes < 0.95 * {{ window }}.expected_probes
                    then format('Only %s of %s probes ran.', {{ window }}.probes, {{ window }}.expected_probes)
                when {{ window }}.counted_probes = 0 then 'All of it was announced maintenance.'
            end
        ) as {{ window }}_reason,
        {%- endfor %}
        coalesce(unknown.probes_reason, case when thirty.probes is null then 'No service was probed.' end)
            as services_reason,
        coalesce(leads.leads_created, 0) as leads_created,
        coalesce(leads.leads_converted, 0) as leads_converted,
        coalesce(
            unknown.leads_reason,
            case
                when leads_known.known_until < months.ends_at + make_interval(days => products.lead_conversion_days)
                    then
                        format(
                            'The last leads of it have %s days to convert, which are not over.',
                            products.lead_conversion_days
                        )
                when coalesce(leads.leads_created, 0) = 0 then 'No lead came in.'
            end
        ) as leads_reason,
        coalesce(calls.ai_total_requests, 0) as ai_total_requests,
        {{ safe_divide('calls.cache_hits', 'calls.cache_lookups') }} as ai_cache_hit_rate,
        {{ safe_divide('calls.failed_calls', 'calls.judged_calls') }} as ai_error_rate,
        calls.average_response_ms as ai_average_response_time_ms,
        calls.active_providers as ai_active_providers,
        calls.most_used_provider as ai_most_used_provider,
        unknown.ai_reason as ai_total_reason,
        coalesce(
            unknown.ai_reason, case when calls.ai_total_requests is null then 'No model was called.' end
        ) as ai_reason,
        coalesce(recent.new_tenants, 0) as new_tenants,
        unknown.tenants_reason,
        licensed.licensed_users,
        coalesce(
            unknown.users_reason,
            case
                when coalesce(licensed.users_that_say, 0) = 0 then 'Nothing says who takes a licensed seat.'
                when licensed.licensed_users = 0 then 'Nobody takes a licensed seat.'
            end
        ) as licensed_reason
    from months
    inner join products on months.organization_id = products.organization_id
    left join snapshots
        on months.organization_id = snapshots.organization_id and months.bucket_date = snapshots.bucket_date
    left join unknown
        on months.organization_id = unknown.organization_id and months.bucket_date = unknown.bucket_date
    left join {{ ref('int_probe_windows_counted') }} as week
        on
            months.organization_id = week.organization_id
            and months.bucket_date = week.bucket_date
            and week.span = 'seven days'
    left join {{ ref('int_probe_windows_counted') }} as thirty
        on
            months.organization_id = thirty.organization_id
            and months.bucket_date = thirty.bucket_date
            and thirty.span = 'thirty days'
    left join leads_known on months.organization_id = leads_known.organization_id
    left join leads on months.organization_id = leads.organization_id and months.bucket_date = leads.bucket_date
    left join calls on months.organization_id = calls.organization_id and months.bucket_date = calls.bucket_date
    left join licensed
        on months.organization_id = licensed.organization_id and months.bucket_date = licensed.bucket_date
    left join recent on months.organization_id = recent.organization_id and months.bucket_date = recent.bucket_date
),

explained as (
    select
        *,
        snapshot_reasons ->> 'mrr_run_rate' as mrr_reason,
        snapshot_reasons ->> 'arpa' as arpa_reason,
        snapshot_reasons ->> 'net_revenue_retention' as growth_reason,
        snapshot_reasons ->> 'customer_churn_rate' as churn_reason,
        coalesce(snapshot_reasons ->> 'wau', licensed_reason) as utilization_reason
    from gathered
),

measured as (
    select
        organization_id,
        to_char(bucket_date, 'YYYY-MM') as period,
        {%- for name, expression, reason in investor_figures() %}
        case when ({{ reason }}) is null then {{ expression }} end as {{ name }},
        {%- endfor %}
        jsonb_strip_nulls(
            jsonb_build_object(
                {%- for name, expression, reason in investor_figures() %}
                '{{ name }}', {{ reason }}{{ ',' if not loop.last }}
                {%- endfor %}
            )
        ) as reasons
    from explained
)

select * from measured
