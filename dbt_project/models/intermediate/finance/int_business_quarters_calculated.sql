-- Like the SmartNumbers: a month counts when it is over and has every part, and the one rounding is at the very end.
with parts as (
    select * from {{ ref('int_business_parts_gathered') }}
    where metric <> 'msp_dollar_difference'
),

totals as (
    select
        organization_id,
        quarter,
        metric,
        count(*) filter (where is_complete and missing is null)::integer as months_present,
        bool_or(is_complete) as has_complete_month,
        sum(dividend) filter (where is_complete and missing is null) as dividend,
        sum(divisor) filter (where is_complete and missing is null) as divisor,
        max(divided_by) as divided_by,
        string_agg(format('%s in %s', missing, period), '; ' order by period)
        filter (where is_complete and missing is not null) as missing,
        coalesce(sum(source_rows) filter (where is_complete and missing is null), 0)::bigint as source_rows,
        max(freshest_at) filter (where is_complete and missing is null) as freshest_at
    from parts
    group by 1, 2, 3
),

-- Heads are averaged over the months, everything else is added up.
divided as (
    select
        *,
        case metric
            when 'gross_margin_per_employee' then {{ safe_divide('dividend * months_present', 'divisor') }}
            else {{ safe_divide('dividend', 'divisor') }}
        end as quotient
    from totals
)

select
    organization_id,
    'all' as client_id,
    quarter,
    metric,
    case metric
        when 'gross_margin_per_employee' then {{ round_half_even('quotient', 2) }}
        else {{ round_half_even('quotient', 4) }}
    end as value,
    months_present,
    case
        when quotient is not null then null
        when divisor = 0 then format('%s is 0 over the months used, and nothing can be divided by it.', divided_by)
        when has_complete_month then format('Cannot be calculated without %s.', missing)
        else format('No month of %s is complete yet.', quarter)
    end as reason,
    source_rows,
    freshest_at
from divided
