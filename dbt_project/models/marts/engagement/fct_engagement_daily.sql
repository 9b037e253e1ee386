with days as (
    select * from {{ ref('int_product_days_counted') }}
),

judged as (
    select
        organization_id,
        bucket_date as activity_date,
        max(reason) filter (where stream = 'login_events' and span = 'bucket') as logins_reason,
        max(reason) filter (where stream = 'login_events' and span = 'seven days') as week_reason,
        max(reason) filter (where stream = 'login_events' and span = 'thirty days') as month_reason,
        max(reason) filter (where stream = 'activation_events') as actions_reason,
        max(reason) filter (where stream = 'users') as users_reason,
        max(reason) filter (where stream = 'tenants') as tenants_reason
    from {{ ref('int_product_streams_judged') }}
    where bucket_type = 'daily'
    group by organization_id, bucket_date
),

explained as (
    select
        days.*,
        judged.logins_reason,
        judged.week_reason,
        judged.month_reason,
        judged.users_reason,
        judged.tenants_reason,
        coalesce(
            judged.actions_reason,
            case when products.key_actions is null then 'No key actions are configured (product.key_actions).' end
        ) as actions_reason
    from days
    inner join {{ ref('int_products_listed') }} as products on days.organization_id = products.organization_id
    left join judged
        on
            days.organization_id = judged.organization_id
            and days.activity_date = judged.activity_date
),

measured as (
    select
        organization_id,
        environment,
        client_id,
        activity_date,
        case when logins_reason is null then dau end as dau,
        case when week_reason is null then wau end as wau,
        case when month_reason is null then mau end as mau,
        case
            when logins_reason is null and month_reason is null
                then {{ round_half_even(safe_divide('dau', 'mau'), 4) }}
        end as dau_mau,
        case when users_reason is null then signups end as signups_total,
        case when actions_reason is null then activated_users end as activated_users,
        case when tenants_reason is null then trials_started end as tenant_trials_started,
        case when tenants_reason is null then trials_converted end as tenant_trials_converted,
        nullif(
            jsonb_strip_nulls(
                jsonb_build_object(
                    'dau', logins_reason,
                    'wau', week_reason,
                    'mau', month_reason,
                    'dau_mau', coalesce(
                        logins_reason, month_reason, case when mau = 0 then 'Nobody was active in the 30 days.' end
                    ),
                    'signups_total', users_reason,
                    'activated_users', actions_reason,
                    'tenant_trials_started', tenants_reason,
                    'tenant_trials_converted', tenants_reason
                )
            ),
            '{}'
        ) as reasons
    from explained
)

select * from measured
