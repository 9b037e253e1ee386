with years as (
    select
        *,
        case
            when revenue_months = 0 then format('No month of %s has total_revenue.', year)
            when revenue_months < months_present
                then format('Only %s of the %s months of %s have total_revenue.', revenue_months, months_present, year)
        end as revenue_reason,
        case
            when profit_months = 0 then format('No month of %s has net_profit.', year)
            when profit_months < months_present
                then format('Only %s of the %s months of %s have net_profit.', profit_months, months_present, year)
        end as profit_reason
    from {{ ref('int_business_years_added') }}
)

-- The revenue of nine months beside the expenses of twelve would pass for a loss.
select
    organization_id,
    year,
    case when revenue_reason is null then total_revenue end as total_revenue,
    revenue_months,
    revenue_reason,
    total_expenses,
    case when profit_reason is null then net_profit end as net_profit,
    profit_months,
    profit_reason,
    case when months_present = 12 then {{ round_half_even('total_expenses / 12', 2) }} end as avg_expenses,
    months_present,
    12 as months_expected,
    case
        when months_present < 12 then format('Only %s of 12 months of %s have total_expenses.', months_present, year)
    end as reason,
    freshest_at
from years
