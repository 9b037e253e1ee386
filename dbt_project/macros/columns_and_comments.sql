{#-
    In place of dbt's own way, which asks for the columns of each relation twice and writes every comment again: one
    statement that writes those that differ. A column that is described and not there fails the model.
-#}
{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set columns = {} -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- for column in model.columns.values() if column.description -%}
            {%- do columns.update({column.name: column.description}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set description = model.description if for_relation and config.persist_relation_docs() else '' -%}
    {%- if columns or description -%}
    {% call statement('comments') %}
    do $comments$
    declare
        wanted record;
    begin
        if {{ as_literal(description) }} is distinct from coalesce(obj_description('{{ relation }}'::regclass, 'pg_class'), '') then
            execute format('comment on {{ relation.type }} %s is %L', '{{ relation }}', {{ as_literal(description) }});
        end if;
        for wanted in
            select described.key as name, described.value as description
            from json_each_text({{ as_literal(tojson(columns)) }}) as described
            left join pg_attribute as present
                on present.attrelid = '{{ relation }}'::regclass and present.attname = described.key
            where described.value is distinct from col_description(present.attrelid, present.attnum)
        loop
            execute format('comment on column %s.%I is %L', '{{ relation }}', wanted.name, wanted.description);
        end loop;
    end
    $comments$
    {% endcall %}
    {%- endif -%}
{%- endmacro %}

{% macro as_literal(text) -%}
    '{{ dbt.escape_single_quotes(text) }}'
{%- endmacro %}

{#- In place of the information schema, which takes several times as long and is asked four times a model. -#}
{% macro postgres__get_columns_in_relation(relation) -%}
    {% call statement('columns', fetch_result=True) %}
    select
        attname as column_name,
        format_type(atttypid, null) as data_type,
        information_schema._pg_char_max_length(atttypid, atttypmod) as character_maximum_length,
        information_schema._pg_numeric_precision(atttypid, atttypmod) as numeric_precision,
        information_schema._pg_numeric_scale(atttypid, atttypmod) as numeric_scale
    from pg_attribute
    where attrelid = to_regclass('{{ relation }}') and attnum > 0 and not attisdropped
    order by attnum
    {% endcall %}
    {{ return(sql_convert_columns_in_relation(load_result('columns').table)) }}
{%- endmacro %}

{#- Most often nothing has changed, and dbt's own comparison, which asks in a costlier way, is left for when it has. -#}
{% macro postgres__check_for_schema_changes(source_relation, target_relation) -%}
    {%- set columns = postgres__get_columns_in_relation(source_relation) -%}
    {%- if columns == postgres__get_columns_in_relation(target_relation) -%}
        {{ return({'schema_changed': false, 'source_columns': columns}) }}
    {%- endif -%}
    {{ return(default__check_for_schema_changes(source_relation, target_relation)) }}
{%- endmacro %}
