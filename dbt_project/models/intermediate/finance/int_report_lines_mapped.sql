{{ config(materialized='table') }}

with lines as (
    select * from {{ ref('int_report_lines_flattened') }}
),

accounts as (
    select * from {{ ref('int_accounts_mapped') }}
),

mapped as (
    select
        lines.organization_id,
        lines.period,
        lines.basis,
        lines.report_group,
        lines.account_id,
        accounts.account_name,
        accounts.metric,
        sum(lines.amount) as amount,
        count(*) as source_rows,
        max(lines.extracted_at) as freshest_at
    from lines
    inner join accounts using (organization_id, account_id)
    group by 1, 2, 3, 4, 5, 6, 7
)

select * from mapped
