-- Rows of QuickBooks' reports are walked level by level, to a depth that QuickBooks does not reach. Rows below it would
-- be lost without a word.
with reports as (
    {%- for stream in ['profit_and_loss', 'balance_sheet', 'aged_receivables'] %}
    select
        organization_id,
        period,
        '{{ stream }}' as stream,
        report
    from {{ ref('stg_quickbooks__' ~ stream) }}
    where not is_deleted
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    organization_id,
    period,
    stream
from reports
where jsonb_path_exists(report, '${{ '.Rows.Row[*]' * (report_levels() + 1) }}')
