{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with periods as (
    select
        periods.organization_id,
        periods.period,
        periods.is_complete,
        case when periods.is_complete then periods.ends_at else organizations.as_of end as measured_at
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_organizations') }} as organizations
        on periods.organization_id = organizations.organization_id
),

-- An attempt that lapsed before its first payment never was a subscription; one that waits for it is none yet.
subscriptions as (
    select
        *,
        coalesce(ended_at, case when subscription_status = 'canceled' then canceled_at end) as over_at
    from {{ ref('stg_stripe__subscriptions') }}
    where
        not is_deleted
        and subscription_status not in ('incomplete', 'incomplete_expired')
),

events as (
    select
        organization_id,
        event_type,
        object_id,
        created_at
    from {{ ref('stg_stripe__events') }}
),

runs as (
    select
        organization_id,
        stream,
        window_kind,
        outcome,
        as_of
    from {{ source('raw_meta', 'extraction_log') }}
    where source = 'stripe'
),

-- Complete reads of events one after the other; that of a single month is no part of the row.
event_reads as (
    select
        organization_id,
        as_of,
        lag(as_of) over (partition by organization_id order by as_of) as read_before
    from runs
    where
        stream = 'events'
        and outcome = 'complete'
        and window_kind <> 'dated'
),

-- Stripe keeps events for 30 days, of which two are left for a read that took long. Where more passed between two
-- reads, some are lost, and what is told for certain begins anew.
event_reaches as (
    select
        organization_id,
        max(as_of - interval '28 days') filter (
            where read_before is null or as_of - read_before > interval '28 days'
        ) as told_since,
        max(as_of) as told_until
    from event_reads
    group by organization_id
),

subscription_reads as (
    select
        organization_id,
        max(as_of) as read_until
    from runs
    where stream in ('subscriptions', 'subscription_items')
    group by organization_id
),

-- Items that were read after the events may have changed without one that is here.
reaches as (
    select
        event_reaches.organization_id,
        event_reaches.told_since
    from event_reaches
    inner join subscription_reads on event_reaches.organization_id = subscription_reads.organization_id
    where event_reaches.told_until >= subscription_reads.read_until
),

changes as (
    select
        organization_id,
        object_id as subscription_id,
        max(created_at) as changed_at
    from events
    where event_type like 'customer.subscription.%'
    group by organization_id, object_id
),

-- An event of a discount names the discount and not what it is given to, so it may be anybody's.
discount_changes as (
    select
        organization_id,
        max(created_at) as changed_at
    from events
    where event_type like 'customer.discount.%'
    group by organization_id
),

in_force as (
    select
        periods.organization_id,
        periods.period,
        periods.measured_at,
        subscriptions.subscription_id,
        subscriptions.stripe_customer_id,
        subscriptions.currency,
        subscriptions.subscription_status,
        subscriptions.pause_behavior,
        subscriptions.trial_started_at,
        subscriptions.trial_ended_at,
        case
            when not periods.is_complete then 'current_items'
            when
                reaches.told_since <= periods.measured_at
                and coalesce(greatest(changes.changed_at, discount_changes.changed_at), '-infinity')
                < periods.measured_at
                then 'unchanged_items'
            else 'invoice_lines'
        end as derived_from
    from periods
    inner join subscriptions
        on
            periods.organization_id = subscriptions.organization_id
            and periods.measured_at > subscriptions.started_at
            and periods.measured_at <= coalesce(subscriptions.over_at, 'infinity')
    left join reaches on periods.organization_id = reaches.organization_id
    left join changes
        on
            subscriptions.organization_id = changes.organization_id
            and subscriptions.subscription_id = changes.subscription_id
    left join discount_changes on periods.organization_id = discount_changes.organization_id
),

placed as (
    select
        organization_id,
        period,
        measured_at,
        subscription_id,
        stripe_customer_id,
        currency,
        subscription_status,
        pause_behavior,
        derived_from,
        case
            when trial_started_at < measured_at and trial_ended_at >= measured_at then 'trialing'
            when derived_from = 'invoice_lines' then null
            when subscription_status not in ('active', 'past_due') then subscription_status
            when pause_behavior is not null then 'paused'
        end as exclusion_reason
    from in_force
)

select * from placed
