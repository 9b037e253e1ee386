{#-
    Fails for every combination that occurs twice, and for every row that lacks a part of its key. Where a unique index
    holds exactly these columns Postgres has refused the first already, and the table is read for the second alone;
    where the columns are NOT NULL too there is nothing left to read.
-#}
{% test unique_combination(model, columns) %}
    {%- set held = held_key(model, columns) %}
    {%- if held == 'complete' %}
    select {{ columns | join(', ') }}
    from {{ model }}
    where false
    {%- elif held == 'unique' %}
    select {{ columns | join(', ') }}
    from {{ model }}
    where
        {%- for column in columns %}
        {{ 'or ' if not loop.first }}{{ column }} is null
        {%- endfor %}
    {%- else %}
    select {{ columns | join(', ') }}
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
    {%- for column in columns %}
        or {{ column }} is null
    {%- endfor %}
    {%- endif %}
{% endtest %}

{#-
    What Postgres itself holds of a key: `unique` where a valid unique index is over exactly these columns, `complete`
    where none of them can be empty either, else nothing.
-#}
{% macro held_key(relation, columns) -%}
    {%- set found = run_query(
        "select bool_and(columns.attnotnull) from pg_index as keys "
        ~ "inner join pg_attribute as columns on keys.indrelid = columns.attrelid and columns.attnum = any(keys.indkey) "
        ~ "where keys.indrelid = to_regclass('" ~ relation ~ "') and keys.indisunique and keys.indisvalid "
        ~ "and keys.indpred is null and keys.indexprs is null "
        ~ "and keys.indnkeyatts = " ~ columns | length ~ " group by keys.indexrelid "
        ~ "having array_agg(columns.attname::text order by columns.attname::text) = "
        ~ "array['" ~ columns | sort | join("', '") ~ "']"
    ) if execute else [] -%}
    {%- if found | length > 0 -%}
        {{ return('complete' if found[0][0] else 'unique') }}
    {%- endif -%}
{%- endmacro %}
