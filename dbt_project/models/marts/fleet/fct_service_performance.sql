{% set kinds = ['planned', 'unplanned', 'damage', 'other'] -%}

with quarters as (
    select * from {{ ref('int_fleet_quarters_listed') }}
),

covered as (
    select * from {{ ref('int_fleet_streams_covered') }}
    where stream = 'service_orders'
),

orders as (
    select * from {{ ref('int_service_orders_classified') }}
    where is_service
),

-- Calls: orders opened in the quarter.
called as (
    select
        organization_id,
        scope_id as client_id,
        opened_quarter as quarter,
        count(*) as service_calls,
        {%- for kind in kinds %}
        count(*) filter (where kind = '{{ kind }}') as calls_{{ kind }},
        {%- endfor %}
        sum(response_hours) as response_hours,
        count(response_hours) as calls_with_response,
        count(*) filter (where is_completed and kind <> 'planned') as repairs_completed,
        count(visits) filter (where is_completed and kind <> 'planned') as repairs_with_visits,
        count(*) filter (where is_completed and kind <> 'planned' and visits = 1) as repairs_in_one_visit
    from {{ in_both_scopes('orders') }} as orders
    group by organization_id, scope_id, opened_quarter
),

-- Maintenance due in the quarter (while it is running, until today), and what of it was done before it was over.
maintained as (
    select
        orders.organization_id,
        orders.scope_id as client_id,
        orders.due_quarter as quarter,
        count(*) as planned_due,
        count(*) filter (
            where orders.is_completed and coalesce(orders.completed_date <= quarters.ended_date, true)
        ) as planned_completed
    from {{ in_both_scopes('orders') }} as orders
    inner join quarters
        on
            orders.organization_id = quarters.organization_id
            and orders.due_quarter = quarters.quarter
            and quarters.client_id = 'all'
            and orders.due_date <= quarters.measured_date
    where orders.kind = 'planned'
    group by orders.organization_id, orders.scope_id, orders.due_quarter
),

counted as (
    select
        quarters.organization_id,
        quarters.client_id,
        quarters.quarter,
        quarters.is_complete,
        {%- for column in ['service_calls', 'calls_planned', 'calls_unplanned', 'calls_damage', 'calls_other'] %}
        coalesce(called.{{ column }}, 0) as {{ column }},
        {%- endfor %}
        coalesce(maintained.planned_due, 0) as planned_due,
        coalesce(maintained.planned_completed, 0) as planned_completed,
        called.response_hours,
        coalesce(called.calls_with_response, 0) as calls_with_response,
        coalesce(called.repairs_completed, 0) as repairs_completed,
        coalesce(called.repairs_with_visits, 0) as repairs_with_visits,
        coalesce(called.repairs_in_one_visit, 0) as repairs_in_one_visit,
        covered.reason,
        covered.past_reason,
        covered.completed_as_of
    from quarters
    inner join covered
        on
            quarters.organization_id = covered.organization_id
            and quarters.quarter = covered.quarter
    left join called
        on
            quarters.organization_id = called.organization_id
            and quarters.client_id = called.client_id
            and quarters.quarter = called.quarter
    left join maintained
        on
            quarters.organization_id = maintained.organization_id
            and quarters.client_id = maintained.client_id
            and quarters.quarter = maintained.quarter
),

rounded as (
    select
        *,
        {%- for kind in kinds %}
        {{ round_half_even(safe_divide('calls_' ~ kind, 'service_calls'), 4) }} as share_{{ kind }},
        {%- endfor %}
        greatest(calls_planned, calls_unplanned, calls_damage, calls_other) as most_calls
    from counted
),

-- What rounding leaves over or takes away goes to the first of the largest kinds, so that the shares make 1.
settled as (
    select
        *,
        1 - share_planned - share_unplanned - share_damage - share_other as left_over,
        case most_calls
            {%- for kind in kinds %}
            when calls_{{ kind }} then '{{ kind }}'
            {%- endfor %}
        end as largest_kind
    from rounded
),

performance as (
    select
        organization_id,
        client_id,
        quarter,
        is_complete,
        case when reason is null then service_calls end as service_calls,
        {%- for kind in kinds %}
        case when reason is null then calls_{{ kind }} end as calls_{{ kind }},
        {%- endfor %}
        {%- for kind in kinds %}
        case
            when reason is null
                then share_{{ kind }} + case when largest_kind = '{{ kind }}' then left_over else 0 end
        end as share_{{ kind }},
        {%- endfor %}
        -- Maintenance that is due in the quarter may have been written before it.
        case when past_reason is null then planned_due end as planned_due,
        case when past_reason is null then planned_completed end as planned_completed,
        case
            when past_reason is null then {{ round_half_even(safe_divide('planned_completed', 'planned_due'), 4) }}
        end as planned_completion_rate,
        case
            when reason is null then {{ round_half_even(safe_divide('response_hours', 'calls_with_response'), 4) }}
        end as average_response_hours,
        case when reason is null then calls_with_response end as calls_with_response,
        case when reason is null then service_calls - calls_with_response end as calls_without_response,
        case when reason is null then repairs_completed end as repairs_completed,
        case when reason is null then repairs_in_one_visit end as repairs_in_one_visit,
        case when reason is null then repairs_completed - repairs_with_visits end as repairs_without_visits,
        case
            when reason is null
                then {{ round_half_even(safe_divide('repairs_in_one_visit', 'repairs_with_visits'), 4) }}
        end as first_time_fix_rate,
        reason,
        case
            when past_reason is not null then past_reason
            when planned_due = 0 then 'No planned maintenance was due in the quarter.'
        end as planned_completion_reason,
        case
            when reason is not null then reason
            when service_calls = 0 then 'There were no service calls in the quarter.'
            when calls_with_response = 0 then 'No call has both a time of the call and one of the arrival.'
        end as average_response_reason,
        case
            when reason is not null then reason
            when repairs_completed = 0 then 'No work but planned maintenance was completed.'
            when repairs_with_visits = 0 then 'No completed order says in how many visits it was done.'
        end as first_time_fix_reason,
        completed_as_of as freshest_at
    from settled
)

select * from performance
