{{ config(materialized='table') }}

{#- What a posting falls back on where the transaction names no account: role, and how the account is recognised. -#}
{% set roles = [
    ('receivable', "account_type = 'Accounts Receivable'"),
    ('payable', "account_type = 'Accounts Payable'"),
    ('undeposited', "account_sub_type = 'UndepositedFunds'"),
    ('sales_tax', "account_sub_type in ('SalesTaxPayable', 'GlobalTaxPayable')"),
] -%}

with accounts as (
    select
        organization_id,
        account_id,
        account_type,
        account_sub_type,
        is_active
    from {{ ref('stg_quickbooks__accounts') }}
    where not is_deleted
),

candidates as (
    {%- for role, condition in roles %}
    select
        organization_id,
        '{{ role }}' as role,
        account_id,
        is_active
    from accounts
    where {{ condition }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

-- A company that keeps several names the account on its documents. The oldest one is QuickBooks' own.
chosen as (
    select distinct on (organization_id, role)
        organization_id,
        role,
        account_id
    from candidates
    order by organization_id asc, role asc, is_active desc, length(account_id) asc, account_id asc
)

select
    organization_id,
    max(account_id) filter (where role = 'receivable') as receivable_account_id,
    max(account_id) filter (where role = 'payable') as payable_account_id,
    max(account_id) filter (where role = 'undeposited') as undeposited_account_id,
    max(account_id) filter (where role = 'sales_tax') as sales_tax_account_id
from chosen
group by organization_id
