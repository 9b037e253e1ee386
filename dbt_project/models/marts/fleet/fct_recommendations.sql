with health as (
    select * from {{ ref('fct_fleet_health') }}
    where client_id not in ('all', 'unassigned')
),

costs as (
    select * from {{ ref('fct_service_costs') }}
),

rules as (
    select * from {{ ref('int_fleet_rules_gathered') }}
),

-- The machines to be replaced, oldest first, in one line.
listed as (
    select
        units.organization_id,
        units.client_id,
        units.quarter,
        string_agg(
            concat_ws(
                ', ',
                concat_ws(' ', units.equipment_id, units.make, units.model),
                case
                    when units.age_years is null then 'age unknown'
                    else to_char(units.age_years, 'FM990.0') || ' years'
                end,
                case
                    when units.annual_maintenance_cost is null then 'yearly cost unknown'
                    else {{ money_in_words('units.annual_maintenance_cost') }} || ' a year'
                end
            ),
            '; ' order by units.age_years desc nulls last, units.equipment_id asc
        ) as machines,
        sum(units.annual_maintenance_cost) as annual_cost,
        count(*) as listed_units,
        count(units.annual_maintenance_cost) as units_with_cost
    from {{ ref('fct_fleet_units') }} as units
    inner join rules on units.organization_id = rules.organization_id
    where units.condition = 'replace'
    group by units.organization_id, units.client_id, units.quarter
),

joined as (
    select
        health.organization_id,
        health.client_id,
        health.quarter,
        health.is_complete,
        health.units,
        health.units_replace,
        health.units_not_assessed,
        health.condition_reason,
        listed.machines,
        listed.annual_cost,
        listed.listed_units,
        listed.units_with_cost,
        costs.planned_cost,
        costs.unplanned_cost,
        costs.damage_cost,
        costs.damage_orders,
        costs.reason as costs_reason,
        rules.repair_reduction_rate,
        rules.money_sign
    from health
    inner join costs
        on
            health.organization_id = costs.organization_id
            and health.client_id = costs.client_id
            and health.quarter = costs.quarter
    inner join rules on health.organization_id = rules.organization_id
    left join listed
        on
            health.organization_id = listed.organization_id
            and health.client_id = listed.client_id
            and health.quarter = listed.quarter
),

judged as (
    select
        organization_id,
        client_id,
        quarter,
        is_complete,
        1 as position,
        'replace_units' as rule,
        'equipment_refresh' as category,
        'Replace ' || units_replace || case when units_replace = 1 then ' machine' else ' machines' end as title,
        machines as description,
        annual_cost as impact_amount,
        -- A sum that some of them are not in is not that of all.
        case
            when units_with_cost = listed_units then 'Yearly maintenance of these machines, by their assessments.'
            else
                'Yearly maintenance of the ' || units_with_cost || ' of ' || listed_units
                || ' machines whose cost is known, by their assessments.'
        end as impact_basis,
        units_replace > 0 as is_recommended,
        case
            when condition_reason is not null then condition_reason
            when units = 0 then 'No machine was active at the end of the quarter.'
            when units_not_assessed = units then 'None of the machines was ever assessed.'
        end as reason
    from joined
    union all
    select
        organization_id,
        client_id,
        quarter,
        is_complete,
        2 as position,
        'more_planned_maintenance' as rule,
        'optimization' as category,
        'Plan more maintenance' as title,
        'Repairs cost ' || {{ money_in_words('unplanned_cost') }} || ', planned maintenance '
        || {{ money_in_words('planned_cost') }} || ': '
        || {{ money_in_words('unplanned_cost - planned_cost') }} || ' more.'
            as description,
        case
            when repair_reduction_rate is null then unplanned_cost - planned_cost
            else {{ round_half_even('(unplanned_cost - planned_cost) * repair_reduction_rate', 2) }}
        end as impact_amount,
        case
            when repair_reduction_rate is null
                then 'The difference between repairs and planned maintenance; no saving is promised.'
            else 'assumption: ' || trim_scale(repair_reduction_rate * 100) || ' % of the difference'
        end as impact_basis,
        unplanned_cost > planned_cost as is_recommended,
        case
            when costs_reason is not null then costs_reason
            when planned_cost is null then 'The cost of planned maintenance is not known.'
            when unplanned_cost is null then 'The cost of unplanned repairs is not known.'
        end as reason
    from joined
    union all
    select
        organization_id,
        client_id,
        quarter,
        is_complete,
        3 as position,
        'operator_training' as rule,
        'safety_training' as category,
        'Train the operators' as title,
        damage_orders || ' orders after damage or accidents'
        || coalesce(', which cost ' || {{ money_in_words('damage_cost') }}, '') || '.' as description,
        damage_cost as impact_amount,
        'What damage and accidents cost in the quarter; no share of it is promised.' as impact_basis,
        damage_orders > 2 as is_recommended,
        case when damage_orders is null then coalesce(costs_reason, 'Damage orders were not counted.') end as reason
    from joined
),

-- On target is said only of a quarter that is over, where every rule could be asked and none applied.
steady as (
    select
        organization_id,
        client_id,
        quarter,
        bool_and(is_complete) as is_complete,
        4 as position,
        'steady_state' as rule,
        'optimization' as category,
        'On target' as title,
        'No machine is to be replaced, repairs cost no more than planned maintenance, and damage is rare.'
            as description,
        null::numeric as impact_amount,
        null::text as impact_basis,
        not bool_or(is_recommended and reason is null) as is_recommended,
        case
            when bool_or(is_recommended and reason is null) then null
            when bool_or(reason is not null)
                then 'Not enough data: ' || string_agg(distinct reason, ' ' order by reason)
            when not bool_and(is_complete) then 'The quarter is still running.'
        end as reason
    from judged
    group by organization_id, client_id, quarter
),

gathered as (
    select * from judged
    union all
    select * from steady
),

recommended as (
    select
        organization_id,
        client_id,
        quarter,
        rule,
        position,
        category,
        case when reason is null then is_recommended end as is_recommended,
        case when reason is null and is_recommended then title end as title,
        case when reason is null and is_recommended then description end as description,
        case when reason is null and is_recommended then impact_amount end as impact_amount,
        case when reason is null and is_recommended and impact_amount is not null then impact_basis end as impact_basis,
        true as is_auto_generated,
        is_complete,
        reason
    from gathered
)

select * from recommended
