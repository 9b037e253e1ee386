-- SmartNumbers whose both halves are counted for every client.
with splits (metric, dividend, divisor) as (
    values
    ('total_close_pct', 'reactive_tickets_closed', 'reactive_tickets_created'),
    ('tickets_per_endpoint_per_month', 'reactive_tickets_created', 'endpoints_managed'),
    ('rhem', 'reactive_time_spent', 'endpoints_managed'),
    ('avg_resolution_time', 'reactive_time_spent', 'reactive_tickets_closed')
),

smartnumbers as (
    select
        figures.organization_id,
        figures.quarter,
        figures.metric,
        figures.scale,
        figures.previous_quarter,
        figures.previous_value,
        figures.value,
        figures.change,
        figures.inputs,
        splits.dividend,
        splits.divisor
    from {{ ref('fct_smartnumbers') }} as figures
    inner join splits using (metric)
),

-- The months that each figure used, with both halves of the whole organization.
months as (
    select
        smartnumbers.organization_id,
        smartnumbers.quarter,
        smartnumbers.metric,
        used.key as period,
        used.value::text::numeric as dividend,
        (smartnumbers.inputs -> smartnumbers.divisor -> 'by_month' ->> used.key)::numeric as divisor
    from smartnumbers
    cross join lateral jsonb_each(smartnumbers.inputs -> smartnumbers.dividend -> 'by_month') as used
),

wholes as (
    select
        organization_id,
        quarter,
        metric,
        sum(dividend) as dividend,
        sum(divisor) as divisor
    from months
    group by 1, 2, 3
),

clients as (
    select
        months.organization_id,
        months.quarter,
        months.metric,
        figures.client_id,
        coalesce(sum(figures.value) filter (where figures.metric = splits.dividend), 0) as dividend,
        coalesce(sum(figures.value) filter (where figures.metric = splits.divisor), 0) as divisor
    from months
    inner join splits using (metric)
    inner join {{ ref('fct_metrics_monthly') }} as figures
        on
            months.organization_id = figures.organization_id
            and months.period = figures.period
            and figures.metric in (splits.dividend, splits.divisor)
            and figures.client_id <> 'all'
    group by 1, 2, 3, 4
),

changes as (
    select
        organization_id,
        quarter,
        metric,
        scale,
        previous_quarter,
        previous_value,
        value,
        change
    from smartnumbers
    where change is not null
),

-- Both quarters of a client side by side; one without the client has no halves there.
pairs as (
    select
        changes.organization_id,
        changes.quarter,
        changes.metric,
        changes.previous_quarter,
        clients.client_id,
        max(clients.dividend) filter (where clients.quarter = changes.quarter) as dividend,
        max(clients.divisor) filter (where clients.quarter = changes.quarter) as divisor,
        max(clients.dividend) filter (where clients.quarter = changes.previous_quarter) as previous_dividend,
        max(clients.divisor) filter (where clients.quarter = changes.previous_quarter) as previous_divisor
    from changes
    inner join clients
        on
            changes.organization_id = clients.organization_id
            and changes.metric = clients.metric
            and clients.quarter in (changes.quarter, changes.previous_quarter)
    group by 1, 2, 3, 4, 5
),

-- A client's part of the figure is its share of the divisor times its own rate. What its rate changed counts with its
-- share of now, what its share changed with its rate of then; a client without a rate in one of them is all share.
compared as (
    select
        pairs.organization_id,
        pairs.quarter,
        pairs.metric,
        pairs.client_id,
        {{ safe_divide('pairs.divisor', 'whole_now.divisor') }} as share,
        {{ safe_divide('pairs.previous_divisor', 'whole_previous.divisor') }} as previous_share,
        {{ safe_divide('pairs.dividend', 'pairs.divisor') }} as rate,
        {{ safe_divide('pairs.previous_dividend', 'pairs.previous_divisor') }} as previous_rate,
        coalesce(pairs.dividend, 0) / whole_now.divisor
        - coalesce(pairs.previous_dividend, 0) / whole_previous.divisor as part
    from pairs
    inner join wholes as whole_now using (organization_id, quarter, metric)
    inner join wholes as whole_previous
        on
            pairs.organization_id = whole_previous.organization_id
            and pairs.metric = whole_previous.metric
            and pairs.previous_quarter = whole_previous.quarter
),

effects as (
    select
        organization_id,
        quarter,
        metric,
        client_id,
        'rate' as effect,
        coalesce((rate - previous_rate) * share, 0) as part
    from compared
    union all
    select
        organization_id,
        quarter,
        metric,
        client_id,
        'mix' as effect,
        part - coalesce((rate - previous_rate) * share, 0) as part
    from compared
    union all
    -- What no client accounts for: a figure of the whole that a person corrected, and what rounding leaves.
    select
        organization_id,
        quarter,
        metric,
        'all' as client_id,
        'not_split' as effect,
        null as part
    from changes
),

-- Laid end to end from the published figure of then to that of now, each place rounded as the figures are.
laid as (
    select
        effects.organization_id,
        effects.quarter,
        effects.metric,
        effects.client_id,
        effects.effect,
        changes.change,
        changes.previous_value,
        row_number() over in_order as place,
        case
            when effects.effect = 'not_split' then changes.value
            when changes.scale = 2
                then {{ round_half_even('changes.previous_value + sum(effects.part) over in_order', 2) }}
            else {{ round_half_even('changes.previous_value + sum(effects.part) over in_order', 4) }}
        end as standing
    from effects
    inner join changes using (organization_id, quarter, metric)
    window in_order as (
        partition by effects.organization_id, effects.quarter, effects.metric
        order by effects.effect = 'not_split', effects.client_id, effects.effect
    )
),

contributions as (
    select
        *,
        standing - coalesce(
            lag(standing) over (partition by organization_id, quarter, metric order by place), previous_value
        ) as contribution
    from laid
)

select
    organization_id,
    quarter,
    metric,
    client_id,
    effect,
    contribution,
    change
from contributions
where contribution <> 0
