{{ config(materialized='table') }}

-- Customers may stand below their parents; what a parent owes itself is in the head of its section.
with reports as (
    select
        organization_id,
        period,
        report_date,
        coalesce(reported_at, extracted_at) as reported_at,
        report,
        extracted_at
    from {{ ref('stg_quickbooks__aged_receivables') }}
    where not is_deleted
),

level_1 as (
    select
        reports.organization_id,
        reports.period,
        top.node,
        lpad(top.place::text, 6, '0') as row_path
    from reports
    cross join lateral jsonb_array_elements(reports.report #> '{Rows,Row}') with ordinality as top (node, place)
),
{%- for level in range(2, report_levels() + 1) %}

level_{{ level }} as (
    select
        above.organization_id,
        above.period,
        below.node,
        above.row_path || '.' || lpad(below.place::text, 6, '0') as row_path
    from level_{{ level - 1 }} as above
    cross join lateral jsonb_array_elements(above.node #> '{Rows,Row}') with ordinality as below (node, place)
    where above.node ? 'Rows'
),
{%- endfor %}

walked as (
    {%- for level in range(1, report_levels() + 1) %}
    select * from level_{{ level }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- The columns are known by their order, as their titles are localised: not yet due, then four spans of 30 days.
buckets (cell, bucket) as (
    values
    (1, 'current'),
    (2, '1_30'),
    (3, '31_60'),
    (4, '61_90'),
    (5, 'over_90')
)

select
    walked.organization_id,
    walked.period,
    walked.row_path,
    coalesce(nullif(coalesce(walked.node -> 'Header', walked.node) #>> '{ColData,0,id}', ''), 'none')
        as quickbooks_customer_id,
    coalesce(walked.node -> 'Header', walked.node) #>> '{ColData,0,value}' as customer_name,
    buckets.bucket,
    nullif(coalesce(walked.node -> 'Header', walked.node) -> 'ColData' -> buckets.cell ->> 'value', '')::numeric
        as amount,
    reports.report_date,
    reports.reported_at,
    reports.extracted_at
from walked
inner join reports on walked.organization_id = reports.organization_id and walked.period = reports.period
cross join buckets
where nullif(coalesce(walked.node -> 'Header', walked.node) -> 'ColData' -> buckets.cell ->> 'value', '') is not null
