with agreements as (
    select * from {{ ref('stg_connectwise__agreements') }}
    where not is_deleted
),

organizations as (
    select * from {{ ref('dim_organizations') }}
),

rules as (
    select * from {{ ref('int_rules_gathered') }}
),

client_links as (
    select * from {{ source('app', 'client_links') }}
    where source = 'connectwise'
),

-- What is billed on top of the flat amount today; ConnectWise bills additions with the agreement's own cycle.
additions as (
    select
        additions.organization_id,
        additions.agreement_id,
        sum(
            coalesce(
                additions.extended_price,
                additions.unit_price * (coalesce(additions.quantity, 0) - coalesce(additions.less_included, 0))
            )
        ) as added_amount
    from {{ ref('stg_connectwise__agreement_additions') }} as additions
    inner join organizations on additions.organization_id = organizations.organization_id
    where
        not additions.is_deleted
        and additions.bill_customer = 'Billable'
        and additions.effective_date <= (organizations.as_of at time zone organizations.time_zone)::date
        and coalesce(
            additions.cancelled_date > (organizations.as_of at time zone organizations.time_zone)::date, true
        )
    group by additions.organization_id, additions.agreement_id
),

-- The names ConnectWise ships its billing cycles with; an amount billed in a cycle of another name has no known month.
billing_cycles (billing_cycle, months) as (
    values
    ('Monthly', 1),
    ('Bi-Monthly', 2),
    ('Quarterly', 3),
    ('Semi-Annual', 6),
    ('Annual', 12)
),

priced as (
    select
        agreements.organization_id,
        agreements.agreement_id,
        coalesce(client_links.client_id, 'unassigned') as client_id,
        agreements.agreement_name,
        agreements.agreement_type,
        coalesce(lower(btrim(agreements.agreement_type)) = any(rules.managed_agreement_types), false) as is_managed,
        agreements.start_date,
        agreements.end_date,
        agreements.is_cancelled,
        agreements.cancelled_date,
        {{ round_half_even(
            '(agreements.bill_amount + coalesce(additions.added_amount, 0)) / billing_cycles.months', 2
        ) }} as monthly_amount
    from agreements
    inner join rules on agreements.organization_id = rules.organization_id
    left join additions
        on
            agreements.organization_id = additions.organization_id
            and agreements.agreement_id = additions.agreement_id
    left join billing_cycles on agreements.billing_cycle = billing_cycles.billing_cycle
    left join client_links
        on
            agreements.organization_id = client_links.organization_id
            and agreements.connectwise_company_id = client_links.source_client_id
)

select * from priced
