-- What a report prints a total of, and the sections that hold the accounts of it.
with totals (report_group, part_group, sign) as (
    values
    ('Income', 'Income', 1),
    ('COGS', 'COGS', 1),
    ('Expenses', 'Expenses', 1),
    ('OtherIncome', 'OtherIncome', 1),
    ('OtherExpenses', 'OtherExpenses', 1),
    ('GrossProfit', 'Income', 1),
    ('GrossProfit', 'COGS', -1),
    ('NetOperatingIncome', 'Income', 1),
    ('NetOperatingIncome', 'COGS', -1),
    ('NetOperatingIncome', 'Expenses', -1),
    ('NetOtherIncome', 'OtherIncome', 1),
    ('NetOtherIncome', 'OtherExpenses', -1),
    ('NetIncome', 'Income', 1),
    ('NetIncome', 'COGS', -1),
    ('NetIncome', 'Expenses', -1),
    ('NetIncome', 'OtherIncome', 1),
    ('NetIncome', 'OtherExpenses', -1)
),

printed as (
    select
        organization_id,
        period,
        basis,
        report_group,
        summary_amount as report_total
    from {{ ref('int_report_rows_walked') }}
    where
        depth = 1
        and has_summary
),

posted as (
    select
        organization_id,
        period,
        basis,
        report_group as part_group,
        sum(amount) as amount
    from {{ ref('fct_profit_and_loss') }}
    group by 1, 2, 3, 4
),

-- A section by another name is held against its own total.
summed as (
    select
        posted.organization_id,
        posted.period,
        posted.basis,
        coalesce(totals.report_group, posted.part_group) as report_group,
        sum(posted.amount * coalesce(totals.sign, 1)) as mapped_total
    from posted
    left join totals on posted.part_group = totals.part_group
    group by 1, 2, 3, 4
),

compared as (
    select
        organization_id,
        period,
        basis,
        report_group,
        printed.report_total,
        summed.mapped_total,
        -- Nothing printed and nothing posted agree; a total beside no postings, or postings without a total, do not.
        coalesce(summed.mapped_total, 0) - coalesce(printed.report_total, 0) as difference
    from printed
    full outer join summed using (organization_id, period, basis, report_group)
)

select * from compared
where
    report_total is not null
    -- A result need not be printed, but a section that holds postings must be.
    or (
        mapped_total is not null
        and report_group not in ('GrossProfit', 'NetOperatingIncome', 'NetOtherIncome', 'NetIncome')
    )
