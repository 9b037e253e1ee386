{#-
    Parts of a fact table that is renewed row by row. Such a table keeps, beside what its readers ask for, when the
    records behind a row were merged and a fingerprint of the rules the row was made by; these macros compare both with
    today's. docs/decisions/ says why a change of rules renews an organization whole.
-#}

{#-
    Fingerprint of everything but the records: the organization's rules and the SQL of the named models. A model whose
    SQL has changed makes every row anew; macros are not looked into.
-#}
{% macro rules_fingerprint(rules, models) -%}
    {%- set code = [] -%}
    {%- for node in (graph.nodes.values() if execute else []) if node.resource_type == 'model' and node.name in models -%}
        {%- do code.append(node.name ~ node.raw_code) -%}
    {%- endfor -%}
    hashtextextended({{ rules }} || '{{ local_md5(code | sort | join) }}', 0)
{%- endmacro %}

{#-
    From where on the rows of each organization are not all built: `mark` is the column of this table that holds when
    the records of a stream were merged. An organization with other rules than at the last build is read from the start.
-#}
{% macro fact_marks(rules, models, mark='extracted_at') -%}
    with built as (
        select
            organization_id,
            rules_fingerprint,
            max({{ mark }}) as newest
        from {{ this }}
        group by organization_id, rules_fingerprint
    )

    select
        rules.organization_id,
        case
            when bool_and(built.rules_fingerprint = {{ rules_fingerprint('rules.rules', models) }})
                then max(built.newest) - interval '1 hour'
        end as read_from
    from {{ rules }} as rules
    left join built on rules.organization_id = built.organization_id
    group by rules.organization_id
{%- endmacro %}

{#- Before a later build: take out what its source has deleted. A build alone adds and replaces. -#}
{% macro take_out_deleted(staged, key) -%}
    {%- if is_incremental() -%}
    delete from {{ this }} as built
    using {{ staged }} as gone
    where
        gone.is_deleted
        and built.organization_id = gone.organization_id
        and built.{{ key }} = gone.{{ key }}
    {%- endif -%}
{%- endmacro %}

{#- Before a later build: take out organizations that are no longer configured. -#}
{% macro take_out_strangers(organizations) -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where organization_id not in (select organization_id from {{ organizations }})
    {%- endif -%}
{%- endmacro %}
