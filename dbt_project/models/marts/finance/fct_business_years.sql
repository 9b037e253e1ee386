select
    organization_id,
    year,
    total_revenue,
    total_expenses,
    net_profit,
    case when months_present = 12 then {{ round_half_even('total_expenses / 12', 2) }} end as avg_expenses,
    months_present,
    12 as months_expected,
    case
        when months_present < 12 then format('Only %s of 12 months of %s have total_expenses.', months_present, year)
    end as reason,
    freshest_at
from {{ ref('int_business_years_added') }}
