{#- A list of codes that all mean one thing: rule `fleet_<name>` as column `<name>`. -#}
{% set lists = [
    'planned_order_types', 'repair_order_types', 'damage_order_types', 'rental_order_types', 'completed_statuses',
    'void_statuses', 'owned', 'leased', 'rented', 'good', 'monitor', 'replace'
] -%}

with rules as (
    select
        organization_id,
        rule,
        lower(btrim(value)) as value
    from {{ source('app', 'rule_values') }}
),

codes as (
    select
        {%- for name in lists %}
        array_agg(value) filter (where rule = 'fleet_{{ name }}') as {{ name }}_listed,
        {%- endfor %}
        organization_id
    from rules
    group by organization_id
),

settings as (
    select
        organization_id,
        max(value) filter (where setting = 'fleet_scheduled_hours_per_quarter') as scheduled_hours_per_quarter,
        max(value) filter (where setting = 'fleet_savings_rate') as savings_rate,
        max(value) filter (where setting = 'fleet_repair_reduction_rate') as repair_reduction_rate
    from {{ source('app', 'settings') }}
    group by organization_id
),

gathered as (
    select
        organizations.organization_id,
        {%- for name in lists %}
        coalesce(codes.{{ name }}_listed, array[]::text[]) as {{ name }},
        {%- endfor %}
        coalesce(settings.scheduled_hours_per_quarter::numeric, 520) as scheduled_hours_per_quarter,
        -- 0 is the way to say that nothing was agreed on.
        nullif(settings.savings_rate::numeric, 0) as savings_rate,
        nullif(settings.repair_reduction_rate::numeric, 0) as repair_reduction_rate,
        -- Before an amount in a sentence.
        case organizations.currency
            when 'USD' then '$'
            when 'EUR' then '€'
            when 'GBP' then '£'
            else organizations.currency || ' '
        end as money_sign
    from {{ ref('dim_organizations') }} as organizations
    left join codes on organizations.organization_id = codes.organization_id
    left join settings on organizations.organization_id = settings.organization_id
)

select * from gathered
