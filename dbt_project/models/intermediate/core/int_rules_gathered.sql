with rule_values as (
    select
        organization_id,
        rule,
        lower(btrim(value)) as value
    from {{ source('app', 'rule_values') }}
),

organizations as (
    select organization_id from {{ source('app', 'organizations') }}
),

gathered as (
    select
        organizations.organization_id,
        array_agg(rule_values.value) filter (where rule_values.rule = 'service_board') as service_boards,
        array_agg(rule_values.value) filter (where rule_values.rule = 'closed_status') as closed_statuses,
        coalesce(
            bool_and(rule_values.value in ('true', 'yes')) filter (where rule_values.rule = 'parent_tickets_only'), true
        ) as is_parent_tickets_only,
        coalesce(
            array_agg(rule_values.value) filter (where rule_values.rule = 'excluded_ninjaone_organization'), '{}'
        ) as excluded_ninjaone_organizations,
        coalesce(
            array_agg(rule_values.value) filter (where rule_values.rule = 'excluded_device_class'), '{}'
        ) as excluded_device_classes,
        coalesce(array_agg(rule_values.value) filter (where rule_values.rule = 'spare_word'), '{}') as spare_words,
        array_agg(rule_values.value) filter (where rule_values.rule = 'seat_device_class') as seat_device_classes,
        array_agg(rule_values.value) filter (
            where rule_values.rule = 'managed_agreement_type'
        ) as managed_agreement_types
    from organizations
    left join rule_values on organizations.organization_id = rule_values.organization_id
    group by organizations.organization_id
)

select * from gathered
