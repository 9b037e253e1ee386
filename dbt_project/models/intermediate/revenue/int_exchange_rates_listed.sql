with periods as (
    select
        periods.organization_id,
        periods.period,
        organizations.currency as own_currency
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_organizations') }} as organizations
        on periods.organization_id = organizations.organization_id
),

stored as (
    select
        organizations.organization_id,
        upper(rates.rate ->> 'currency') as currency,
        rates.rate ->> 'since' as since,
        (rates.rate ->> 'rate')::numeric as exchange_rate
    from {{ source('app', 'organizations') }} as organizations
    cross join lateral jsonb_array_elements(coalesce(organizations.settings -> 'exchange_rates', '[]')) as rates (rate)
),

-- A rate holds from its month on until the next one begins; before the first there is none.
in_force as (
    select distinct on (periods.organization_id, periods.period, stored.currency)
        periods.organization_id,
        periods.period,
        stored.currency,
        stored.exchange_rate
    from periods
    inner join stored
        on
            periods.organization_id = stored.organization_id
            and periods.period >= stored.since
            and periods.own_currency <> stored.currency
    order by periods.organization_id asc, periods.period asc, stored.currency asc, stored.since desc
),

listed as (
    select
        organization_id,
        period,
        currency,
        exchange_rate
    from in_force
    union all
    select
        organization_id,
        period,
        own_currency as currency,
        1 as exchange_rate
    from periods
)

select * from listed
