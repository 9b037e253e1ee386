with organizations as (
    select
        organization_id,
        time_zone
    from {{ ref('dim_organizations') }}
),

-- Whatever a person can set: a rule that some model begins to read tomorrow is in here already.
rules as (
    select
        organization_id,
        concat_ws('=', rule, value) as rule
    from {{ source('app', 'rule_values') }}
    union all
    select
        organization_id,
        concat_ws('=', 'setting', setting, value) as rule
    from {{ source('app', 'settings') }}
    union all
    select
        organization_id,
        concat_ws('=', 'client', source_client_id, client_id) as rule
    from {{ source('app', 'client_links') }}
    where source = 'connectwise'
),

gathered as (
    select
        organizations.organization_id,
        concat_ws(
            chr(10),
            organizations.time_zone,
            string_agg(rules.rule, chr(10) order by rules.rule)
        ) as rules
    from organizations
    left join rules on organizations.organization_id = rules.organization_id
    group by organizations.organization_id, organizations.time_zone
),

fingerprinted as (
    select
        organization_id,
        md5(rules) as rules
    from gathered
)

select * from fingerprinted
