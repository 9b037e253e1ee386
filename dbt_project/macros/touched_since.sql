{#-
    A condition that holds for the rows of `alias` that are newer than what is built. `marks` is a query for
    organization_id and when to read from, NULL where everything is to be read; organizations it does not name are not
    read. It is asked first and its answer stands in the condition as constants: only then can Postgres know how few
    rows are meant and use an index. Where the query names several marks, its answer is asked for once with `run_marks`
    and given instead.
-#}
{% macro touched_since(marks, alias, mark='read_from') -%}
    {%- set stretches = [] -%}
    {%- for row in (run_marks(marks) if marks is string else marks) -%}
        {%- set read_from = row[mark] -%}
        {%- set one = alias ~ ".organization_id = '" ~ dbt.escape_single_quotes(row['organization_id']) ~ "'" -%}
        {%- do stretches.append("(" ~ one ~ (" and " ~ alias ~ ".extracted_at >= '" ~ read_from ~ "'" if read_from else "") ~ ")") -%}
    {%- endfor -%}
    ({{ stretches | join(' or ') or 'false' }})
{%- endmacro %}

{#- The answer to a query for marks, as rows; nothing before dbt is connected, or where all is built anew. -#}
{% macro run_marks(marks) -%}
    {{ return(run_query("select * from (" ~ marks ~ ") as marks order by organization_id") if execute and is_incremental() else []) }}
{%- endmacro %}

{#-
    The organizations that a table holds, found by hopping along the index that begins with them rather than by
    reading the table. Citus has no recursive queries over distributed tables and asks every worker instead.
-#}
{% macro organizations_in(relation) -%}
    {%- if is_citus() -%}
    select distinct organization_id from {{ relation }}
    {%- else -%}
    (
        with recursive hops as (
            select min(organization_id) as organization_id from {{ relation }}
            union all
            select (
                select min(further.organization_id) from {{ relation }} as further
                where further.organization_id > hops.organization_id
            )
            from hops
            where hops.organization_id is not null
        )

        select organization_id from hops
        where organization_id is not null
    )
    {%- endif -%}
{%- endmacro %}
