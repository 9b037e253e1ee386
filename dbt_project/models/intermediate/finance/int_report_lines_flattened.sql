with report_rows as (
    select * from {{ ref('int_report_rows_walked') }}
),

-- A parent's own postings stand in its header cell and on no leaf: summing leaves alone would lose them.
postings as (
    select
        organization_id,
        period,
        basis,
        report_group,
        row_path,
        -- A line without an account still counts, and stays visible as an account nobody mapped.
        coalesce(account_id, 'no id: ' || coalesce(account_path, title, '?')) as account_id,
        coalesce(account_path, title, '?') as account_path,
        own_amount as amount,
        not is_leaf as is_parents_own,
        extracted_at
    from report_rows
    where own_amount is not null
)

select * from postings
