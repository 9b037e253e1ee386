with scopes as (
    select * from {{ ref('int_product_scopes_listed') }}
),

cohorts as (
    select
        scopes.organization_id,
        scopes.environment,
        scopes.client_id,
        months.bucket_date as first_date,
        to_char(months.bucket_date, 'YYYY-MM') as period
    from scopes
    inner join {{ ref('int_product_buckets_listed') }} as months
        on
            scopes.organization_id = months.organization_id
            and months.bucket_type = 'monthly'
            and scopes.first_date <= months.last_date
),

members as (
    select * from {{ ref('int_cohort_members_followed') }}
),

windows as (
    select
        organization_id,
        environment,
        scope_id as client_id,
        cohort_period as period,
        week,
        min(window_first_date) as opens_date,
        max(window_last_date) as closes_date,
        count(*) as members,
        count(*) filter (where has_passed) as followed,
        count(*) filter (where has_passed and is_retained) as retained
    from {{ in_both_scopes('members') }} as members
    group by organization_id, environment, scope_id, cohort_period, week
),

unknown_days as (
    select
        organization_id,
        bucket_date as unknown_date,
        reason
    from {{ ref('int_product_streams_judged') }}
    where bucket_type = 'daily' and stream = 'login_events' and span = 'bucket'
),

unknown as (
    select
        windows.organization_id,
        windows.environment,
        windows.client_id,
        windows.period,
        windows.week,
        min(unknown_days.reason) as reason
    from windows
    inner join unknown_days
        on
            windows.organization_id = unknown_days.organization_id
            and unknown_days.unknown_date between windows.opens_date and windows.closes_date
    group by windows.organization_id, windows.environment, windows.client_id, windows.period, windows.week
),

unread as (
    select
        organization_id,
        bucket_date as first_date,
        reason
    from {{ ref('int_product_streams_judged') }}
    where bucket_type = 'monthly' and stream = 'users'
),

explained as (
    select
        cohorts.organization_id,
        cohorts.environment,
        cohorts.client_id,
        cohorts.period,
        weeks.week,
        unread.reason as unread_reason,
        coalesce(windows.members, 0) as members,
        coalesce(windows.followed, 0) as followed,
        coalesce(windows.retained, 0) as retained,
        coalesce(unread.reason, unknown.reason) as unknown_reason,
        coalesce(
            unread.reason,
            unknown.reason,
            case
                when windows.members is null then 'Nobody signed up in the month.'
                when windows.followed < windows.members
                    then format(
                        'Partial: %s of %s retained; the last of %s members can be judged after %s.',
                        windows.retained, windows.followed, windows.members, windows.closes_date
                    )
            end
        ) as reason
    from cohorts
    cross join (values (1), (4), (12)) as weeks (week)
    left join windows
        on
            cohorts.organization_id = windows.organization_id
            and cohorts.environment = windows.environment
            and cohorts.client_id = windows.client_id
            and cohorts.period = windows.period
            and weeks.week = windows.week
    left join unknown
        on
            windows.organization_id = unknown.organization_id
            and windows.environment = unknown.environment
            and windows.client_id = unknown.client_id
            and windows.period = unknown.period
            and windows.week = unknown.week
    left join unread
        on
            cohorts.organization_id = unread.organization_id
            and cohorts.first_date = unread.first_date
),

measured as (
    select
        organization_id,
        environment,
        client_id,
        period,
        max(members) filter (where unread_reason is null) as cohort_size,
        {%- for week in [1, 4, 12] %}
        max(followed) filter (where week = {{ week }} and unread_reason is null) as week_{{ week }}_followed,
        max(retained) filter (where week = {{ week }} and unknown_reason is null) as week_{{ week }}_retained,
        max({{ round_half_even(safe_divide('retained', 'members'), 4) }}) filter (
            where week = {{ week }} and reason is null
        ) as week_{{ week }}_retention,
        {%- endfor %}
        jsonb_object_agg(format('week_%s_retention', week), reason) filter (where reason is not null)
        || case
            when bool_or(unread_reason is not null)
                then jsonb_build_object('cohort_size', max(unread_reason))
            else '{}'
        end as reasons
    from explained
    group by organization_id, environment, client_id, period
)

select * from measured
