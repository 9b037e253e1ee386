with amounts as (
    select * from {{ ref('int_recurring_amounts_compared') }}
),

against_the_run_rate as (
    select
        amounts.organization_id,
        amounts.period,
        amounts.definition,
        amounts.client_id,
        amounts.amount,
        amounts.method,
        run_rates.amount as run_rate,
        amounts.amount - run_rates.amount as difference,
        coalesce(amounts.reason, run_rates.reason) as reason
    from amounts
    inner join amounts as run_rates
        on
            amounts.organization_id = run_rates.organization_id
            and amounts.period = run_rates.period
            and amounts.client_id = run_rates.client_id
            and run_rates.definition = 'stripe_run_rate'
),

ranked as (
    select
        *,
        case
            when client_id <> 'all' and difference <> 0
                then
                    row_number() over (
                        partition by organization_id, period, definition, client_id = 'all', difference is null
                        order by abs(difference) desc, client_id asc
                    )
        end as rank_of_client
    from against_the_run_rate
)

select
    organization_id,
    period,
    definition,
    client_id,
    trim_scale(amount) as amount,
    method,
    trim_scale(run_rate) as run_rate,
    trim_scale(difference) as difference,
    rank_of_client::integer as rank_of_client,
    case
        when difference is null then null
        when difference = 0 then 'none'
        when definition = 'stripe_paid' then 'not_paid_by_the_end'
        when run_rate = 0 then 'not_in_stripe'
        when amount = 0 then 'only_in_stripe'
        else 'another_amount'
    end as cause,
    case when difference is null then reason end as reason
from ranked
