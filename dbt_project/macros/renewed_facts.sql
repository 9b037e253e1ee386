{#-
    Parts of a fact table that is renewed row by row. Such a table keeps, beside what its readers ask for, when the
    records behind a row were merged and a fingerprint of the rules the row was made by; these macros compare both with
    today's. docs/decisions/ says why a change of rules renews an organization whole.
-#}

{#-
    Fingerprint of everything but the records: the organization's rules, the SQL of the named models, of what gathers the
    rules and of the views that show the same facts, and what else is given as text, in which the name of the database
    does not count. A model whose SQL has changed makes every row anew; macros are not looked into.
-#}
{% macro rules_fingerprint(rules, models, text='') -%}
    {%- set code = [text | replace('"' ~ target.dbname ~ '".', '')] -%}
    {%- set models = models + [
        'dim_organizations', 'int_rules_gathered', 'int_rules_fingerprinted', 'int_tickets_classified',
        'int_time_entries_classified', 'int_tickets_followed',
    ] -%}
    {%- for node in (graph.nodes.values() if execute else []) if node.resource_type == 'model' and node.name in models -%}
        {%- do code.append(node.name ~ node.raw_code) -%}
    {%- endfor -%}
    hashtextextended({{ rules }} || '{{ local_md5(code | sort | join) }}', 0)
{%- endmacro %}

{#-
    From where on the rows of each organization are not all built, a row per organization. Each of `marks` is a column of
    this table that holds when the records of a stream were merged, and so is its answer called. An organization with
    other rules than at the last build is read from the start.
-#}
{% macro fact_marks(rules, fingerprint, marks=['extracted_at']) -%}
    {%- if is_citus() -%}
    with built as (
        select
            {%- for mark in marks %}
            max({{ mark }}) as {{ mark }},
            {%- endfor %}
            min(rules_fingerprint) as least_fingerprint,
            max(rules_fingerprint) as most_fingerprint,
            organization_id
        from {{ this }}
        group by organization_id
    )

    {%- else -%}
    with built as (
        select
            {%- for mark in marks %}
            {{ looked_up('max', mark, 'held') }} as {{ mark }},
            {%- endfor %}
            {{ looked_up('min', 'rules_fingerprint', 'held') }} as least_fingerprint,
            {{ looked_up('max', 'rules_fingerprint', 'held') }} as most_fingerprint,
            held.organization_id
        from {{ rules }} as held
    )

    {%- endif %}

    select
        {%- for mark in marks %}
        case
            when
                built.least_fingerprint = {{ fingerprint }}
                and built.most_fingerprint = {{ fingerprint }}
                then built.{{ mark }} - interval '1 hour'
        end::text as {{ mark }},
        {%- endfor %}
        rules.organization_id
    from {{ rules }} as rules
    left join built on rules.organization_id = built.organization_id
{%- endmacro %}

{#-
    What the tickets that a table holds were made by, a row per organization. Lives are made of these tickets, whatever
    the rules are by now: a life by rules that its ticket has not met yet would never be told anew.
-#}
{% macro rules_of_tickets(tickets) -%}
    (
        select
            organization_id,
            concat_ws('/', min(rules_fingerprint), max(rules_fingerprint)) as rules
        from {{ tickets }}
        group by organization_id
    )
{%- endmacro %}

{#- The least or most that this table holds of an organization: one look into the index that `mark_indexes` names. -#}
{% macro looked_up(which, column, held) -%}
    (
        select {{ which }}(marked.{{ column }}) from {{ this }} as marked
        where marked.organization_id = {{ held }}.organization_id
    )
{%- endmacro %}

{#- The indexes of a fact, and those from which its marks are told without reading it. -#}
{% macro mark_indexes(indexes, marks) -%}
    {%- set all = indexes + [] -%}
    {%- for column in ['rules_fingerprint'] + marks -%}
        {%- do all.append({'columns': ['organization_id', column]}) -%}
    {%- endfor -%}
    {{ return(all) }}
{%- endmacro %}

{#- After a table was built whole: an index of the few rows of which a condition holds, which dbt has no word for. -#}
{% macro index_of_some(columns, condition) -%}
    {%- if not is_incremental() -%}
    create index on {{ this }} ({{ columns }}) where {{ condition }}
    {%- endif -%}
{%- endmacro %}

{#-
    Before a later build: take out what its source has deleted since. A build alone adds and replaces. What was deleted
    before that an earlier build has taken out, or never held.
-#}
{% macro take_out_deleted(staged, key) -%}
    {%- if is_incremental() -%}
    delete from {{ this }} as built
    using {{ staged }} as gone
    where
        gone.is_deleted
        and {{ touched_since(newest_marks('extracted_at'), 'gone') }}
        and built.organization_id = gone.organization_id
        and built.{{ key }} = gone.{{ key }}
    {%- endif -%}
{%- endmacro %}

{#- Before a later build: take out organizations that are no longer configured. -#}
{% macro take_out_strangers(organizations) -%}
    {%- if is_incremental() -%}
    delete from {{ this }}
    where
        organization_id in (
            select held.organization_id from ({{ organizations_in(this) }}) as held
            where held.organization_id not in (select organization_id from {{ organizations }})
        )
    {%- endif -%}
{%- endmacro %}

{#-
    Before time entries are renewed: note the tickets that lose some of them to another ticket or to none. Their new
    record no longer tells where they lay, nor does that of time that was deleted once it comes back elsewhere. Whoever
    counts the time of a ticket is told in the same transaction in which it moves, so that no build that breaks off can
    lose it. Comes after `touched_time_entries` is written down and before deleted time is taken out.
-#}
{% macro note_moved_time(moved, staged) -%}
    {%- if execute and load_relation(this) is not none -%}
    insert into {{ moved }} (organization_id, ticket_id)
    select distinct
        built.organization_id,
        built.ticket_id
    from {{ 'touched_time_entries' if is_incremental() else staged }} as staged
    inner join {{ this }} as built
        on
            staged.organization_id = built.organization_id
            and staged.time_entry_id = built.time_entry_id
    where
        built.ticket_id is not null
        and built.ticket_id is distinct from case
            when staged.charge_to_type = 'ServiceTicket' and not staged.is_deleted then staged.charge_to_id
        end
    {%- endif -%}
{%- endmacro %}

{#- The newest row of each organization that this table holds, less an hour, by a column that holds instants. -#}
{% macro newest_marks(mark) -%}
    {%- if is_citus() -%}
    select
        organization_id,
        (max({{ mark }}) - interval '1 hour')::text as read_from
    from {{ this }}
    group by organization_id
    {%- else -%}
    select
        held.organization_id,
        ({{ looked_up('max', mark, 'held') }} - interval '1 hour')::text as read_from
    from {{ organizations_in(this) }} as held
    {%- endif -%}
{%- endmacro %}
