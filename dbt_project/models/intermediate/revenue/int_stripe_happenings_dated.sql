with subscriptions as (
    select * from {{ ref('stg_stripe__subscriptions') }}
    where not is_deleted
),

charges as (
    select * from {{ ref('stg_stripe__charges') }}
    where
        not is_deleted
        and charge_status = 'failed'
),

-- The first bill that was paid with money after the trial was over.
first_payments as (
    select
        subscriptions.organization_id,
        subscriptions.subscription_id,
        subscriptions.stripe_customer_id,
        min(invoices.paid_at) as happened_at
    from subscriptions
    inner join {{ ref('stg_stripe__invoices') }} as invoices
        on
            subscriptions.organization_id = invoices.organization_id
            and subscriptions.subscription_id = invoices.subscription_id
            and subscriptions.trial_ended_at <= invoices.paid_at
    where
        not invoices.is_deleted
        and invoices.amount_paid > 0
    group by
        subscriptions.organization_id, subscriptions.subscription_id, subscriptions.stripe_customer_id
),

happenings as (
    select
        organization_id,
        stripe_customer_id,
        'stripe_failed_payments' as metric,
        created_at as happened_at
    from charges
    union all
    select
        organization_id,
        stripe_customer_id,
        'trial_started' as metric,
        trial_started_at as happened_at
    from subscriptions
    where trial_started_at is not null
    union all
    select
        organization_id,
        stripe_customer_id,
        'trial_converted' as metric,
        happened_at
    from first_payments
)

select
    happenings.organization_id,
    coalesce(client_links.client_id, 'unassigned') as client_id,
    happenings.metric,
    happenings.happened_at
from happenings
left join {{ source('app', 'client_links') }} as client_links
    on
        happenings.organization_id = client_links.organization_id
        and happenings.stripe_customer_id = client_links.source_client_id
        and client_links.source = 'stripe'
