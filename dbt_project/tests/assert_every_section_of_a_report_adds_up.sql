-- Inside a report too: a parent's total is its own postings and those of everything below it. A miss means that the
-- report was cut short, or that rows are shaped in a way the walk does not know.
with sections as (
    select *
    from {{ ref('int_report_rows_walked') }}
    where
        has_summary
        and summary_amount is not null
        and (account_id is not null or depth > 1)
),

lines as (
    select * from {{ ref('int_report_lines_flattened') }}
),

summed as (
    select
        sections.organization_id,
        sections.period,
        sections.basis,
        sections.row_path,
        sections.title,
        sections.summary_amount,
        coalesce(sum(lines.amount), 0) as postings
    from sections
    left join lines
        on
            sections.organization_id = lines.organization_id
            and sections.period = lines.period
            and sections.basis = lines.basis
            and (sections.row_path = lines.row_path or starts_with(lines.row_path, sections.row_path || '.'))
    group by 1, 2, 3, 4, 5, 6
)

select *
from summed
where postings <> summary_amount
