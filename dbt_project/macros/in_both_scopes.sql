{#-
    The rows of a relation twice: once for their client and once for the whole organization, told apart by `scope_id`.
    Whatever is grouped by it is counted for both. GROUPING SETS would say the same, and Citus refuses them. Where much
    can be added up, count by client first and give what came of it.
-#}
{% macro in_both_scopes(relation) -%}
    (
        select
            counted.*,
            scopes.scope_id
        from {{ relation }} as counted
        cross join lateral (values (counted.client_id), ('all')) as scopes (scope_id)
    )
{%- endmacro %}
