{{ config(materialized='table') }}

with accounts_listed as (
    select
        organization_id,
        account_id,
        fully_qualified_name as account_name
    from {{ ref('stg_quickbooks__accounts') }}
),

-- QuickBooks lists active accounts only, but an old report still holds the others.
accounts_reported as (
    select distinct on (organization_id, account_id)
        organization_id,
        account_id,
        account_path as account_name
    from {{ ref('int_report_lines_flattened') }}
    order by organization_id asc, account_id asc, period desc
),

accounts as (
    select
        organization_id,
        account_id,
        coalesce(listed.account_name, reported.account_name) as account_name
    from accounts_listed as listed
    full outer join accounts_reported as reported using (organization_id, account_id)
),

rules as (
    select
        organization_id,
        position,
        metric,
        match_type,
        pattern
    from {{ source('app', 'account_rules') }}
),

matches as (
    select
        accounts.organization_id,
        accounts.account_id,
        rules.metric,
        rules.position as rule_position,
        rules.match_type,
        rules.pattern
    from accounts
    inner join rules on accounts.organization_id = rules.organization_id
    left join accounts as parent
        on
            rules.match_type = 'children'
            and rules.organization_id = parent.organization_id
            and rules.pattern = parent.account_id
    where
        case rules.match_type
            when 'id' then accounts.account_id = rules.pattern
            when 'exact' then lower(accounts.account_name) = lower(rules.pattern)
            when 'contains' then position(lower(rules.pattern) in lower(accounts.account_name)) > 0
            when 'regex' then accounts.account_name ~* rules.pattern
            when 'children'
                then
                    starts_with(
                        lower(accounts.account_name),
                        lower(coalesce(parent.account_name, rules.pattern)) || ':'
                    )
        end
),

first_matches as (
    select distinct on (organization_id, account_id) *
    from matches
    order by organization_id, account_id, rule_position
)

select
    accounts.organization_id,
    accounts.account_id,
    accounts.account_name,
    first_matches.metric,
    first_matches.rule_position,
    first_matches.match_type,
    first_matches.pattern
from accounts
left join first_matches using (organization_id, account_id)
