{% set kinds = ['planned', 'unplanned', 'damage', 'other'] -%}

with months as (
    select
        quarters.organization_id,
        quarters.client_id,
        periods.period,
        quarters.quarter,
        periods.is_complete,
        covered.reason,
        covered.completed_as_of
    from {{ ref('int_fleet_quarters_listed') }} as quarters
    inner join {{ ref('dim_periods') }} as periods
        on
            quarters.organization_id = periods.organization_id
            and quarters.quarter = periods.quarter
    inner join {{ ref('int_fleet_streams_covered') }} as covered
        on
            quarters.organization_id = covered.organization_id
            and quarters.quarter = covered.quarter
            and covered.stream = 'service_orders'
),

called as (
    select
        organization_id,
        scope_id as client_id,
        opened_period as period,
        {%- for kind in kinds %}
        count(*) filter (where kind = '{{ kind }}') as calls_{{ kind }},
        {%- endfor %}
        count(*) as service_calls
    from {{ in_both_scopes(ref('int_service_orders_classified')) }} as int_service_orders_classified
    where is_service
    group by organization_id, scope_id, opened_period
),

-- A month without a call is a month with none, where the orders were read.
counted as (
    select
        months.organization_id,
        months.client_id,
        months.period,
        months.quarter,
        months.is_complete,
        case when months.reason is null then coalesce(called.service_calls, 0) end as service_calls,
        {%- for kind in kinds %}
        case when months.reason is null then coalesce(called.calls_{{ kind }}, 0) end as calls_{{ kind }},
        {%- endfor %}
        months.reason,
        months.completed_as_of as freshest_at
    from months
    left join called
        on
            months.organization_id = called.organization_id
            and months.client_id = called.client_id
            and months.period = called.period
)

select * from counted
