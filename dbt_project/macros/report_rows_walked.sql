{#-
    How deep rows can lie: sections four deep, and accounts or customers five deep, which is what QuickBooks allows, with
    as much again to spare. A level is a step of its own, because Citus has no recursive queries; the test
    `assert_no_report_is_nested_deeper_than_is_read` would tell of one that is deeper.
-#}
{% macro report_levels() -%}
    {{ return(18) }}
{%- endmacro %}

{#-
    The rows of a QuickBooks report: a tree. Titles are localised and columns move, so rows are
    known by group, id and the month of their column alone. Intuit describes the tree under "Run reports":
    https://developer.intuit.com/app/developer/qbo/docs/workflows/run-reports
    With `nested_groups` a row stands in the innermost group around it, as on a balance sheet; else in the outermost.
-#}
{% macro report_rows_walked(relation, nested_groups=false) -%}
with reports as (
    select
        organization_id,
        period,
        basis,
        report,
        extracted_at
    from {{ relation }}
    where not is_deleted
),

money_columns as (
    select
        reports.organization_id,
        reports.period,
        reports.basis,
        (head.place - 1)::integer as cell,
        (
            select left(fact ->> 'Value', 7)
            from jsonb_array_elements(head.facts -> 'MetaData') as fact
            where fact ->> 'Name' = 'StartDate'
        ) as starts_in
    from reports
    cross join lateral jsonb_array_elements(reports.report #> '{Columns,Column}') with ordinality as head (facts, place)
    where head.facts ->> 'ColType' = 'Money'
),

-- The column of the month itself; the total stands in for it only where no column says which month it is.
amount_cells as (
    select distinct on (organization_id, period, basis)
        organization_id,
        period,
        basis,
        cell
    from money_columns
    where coalesce(starts_in, period) = period
    order by organization_id, period, basis, starts_in nulls last, cell
),

level_1 as (
    select
        reports.organization_id,
        reports.period,
        reports.basis,
        reports.extracted_at,
        amount_cells.cell,
        top.node,
        lpad(top.ordinality::text, 6, '0') as row_path,
        1 as depth,
        coalesce(top.node ->> 'group', 'Unknown') as report_group,
        case
            when top.node #>> '{Header,ColData,0,id}' <> '' then top.node #>> '{Header,ColData,0,value}'
        end as account_path
    from reports
    inner join amount_cells using (organization_id, period, basis)
    cross join lateral jsonb_array_elements(reports.report #> '{Rows,Row}') with ordinality as top (node, ordinality)
),
{%- for level in range(2, report_levels() + 1) %}

level_{{ level }} as (
    select
        above.organization_id,
        above.period,
        above.basis,
        above.extracted_at,
        above.cell,
        below.node,
        above.row_path || '.' || lpad(below.ordinality::text, 6, '0') as row_path,
        above.depth + 1 as depth,
        {{ "coalesce(below.node ->> 'group', above.report_group)" if nested_groups else "above.report_group" }}
            as report_group,
        case
            when below.node #>> '{Header,ColData,0,id}' <> ''
                then concat_ws(':', above.account_path, below.node #>> '{Header,ColData,0,value}')
            when below.node ? 'ColData' then concat_ws(':', above.account_path, below.node #>> '{ColData,0,value}')
            else above.account_path
        end as account_path
    from level_{{ level - 1 }} as above
    cross join lateral jsonb_array_elements(above.node #> '{Rows,Row}') with ordinality as below (node, ordinality)
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

measured as (
    select
        organization_id,
        period,
        basis,
        row_path,
        depth,
        report_group,
        account_path,
        coalesce(node -> 'Header', node) #> '{ColData,0}' as title_cell,
        node ? 'ColData' as is_leaf,
        -- An empty cell is no value, which is not the same as 0.00.
        nullif(coalesce(node -> 'Header', node) -> 'ColData' -> cell ->> 'value', '')::numeric as own_amount,
        nullif(node -> 'Summary' -> 'ColData' -> cell ->> 'value', '')::numeric as summary_amount,
        node ? 'Summary' as has_summary,
        extracted_at
    from walked
)

select
    organization_id,
    period,
    basis,
    row_path,
    depth,
    report_group,
    nullif(title_cell ->> 'id', '') as account_id,
    account_path,
    title_cell ->> 'value' as title,
    is_leaf,
    has_summary,
    own_amount,
    summary_amount,
    extracted_at
from measured
{%- endmacro %}
