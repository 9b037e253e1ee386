{#-
    What a day has touched of the facts. Each hook below writes the few rows that a fact has to take anew into a
    temporary table and lets Postgres count them, before the model asks for them: of a list within a query it expects
    a handful or a tenth of the table, and then reads either the whole table or one row a thousand times over.
-#}
{% macro write_down(name, query) -%}
    create temporary table {{ name }} on commit drop as {{ query }};
    analyze {{ name }}
{%- endmacro %}

{#- For this transaction alone: rows that are looked up by an index are worth it up to some percent of a table. -#}
{% macro expect_few() -%}
    {%- if is_incremental() -%} set local random_page_cost = 1.1 {%- endif -%}
{%- endmacro %}

{#-
    Whether this table holds the row of `alias` as it was merged last, and made by today's rules. The hour that is read
    again for the sake of late commits is mostly such: after a nightly run it is the whole day before. A whole batch has
    one mark, so that no index of marks may serve to find the row.
-#}
{% macro is_built(marks, mark, alias, key) -%}
    {%- set organizations = [] -%}
    {%- for row in marks if row[mark] -%}
        {%- do organizations.append("'" ~ dbt.escape_single_quotes(row['organization_id']) ~ "'") -%}
    {%- endfor -%}
    exists (
        select from {{ this }} as built
        where
            built.organization_id = {{ alias }}.organization_id
            and built.{{ key }} = {{ alias }}.{{ key }}
            and built.{{ mark }} is not distinct from {{ alias }}.extracted_at
            and built.organization_id in ({{ organizations | join(', ') or "''" }})
    )
{%- endmacro %}

{#- What `fct_time_entries` is made by, as one word. -#}
{% macro time_entries_fingerprint() -%}
    {{ rules_fingerprint(
        'rules.rules',
        ['fct_time_entries'],
        time_entries_classified('touched_time_entries', 'classified_tickets') ~ tickets_classified('charged_tickets')
    ) }}
{%- endmacro %}

{#- Before `fct_time_entries` is renewed: `touched_time_entries`, as they are staged, and `charged_tickets` of them. -#}
{% macro write_down_touched_time(rules, staged_entries, staged_tickets) -%}
    {%- if is_incremental() -%}
    {%- set marks = run_marks(fact_marks(rules, time_entries_fingerprint(), ['extracted_at', 'ticket_extracted_at'])) -%}
    {%- set query -%}
    with touched as (
        select
            entries.organization_id,
            entries.time_entry_id
        from {{ staged_entries }} as entries
        where
            {{ touched_since(marks, 'entries', 'extracted_at') }}
            and not {{ is_built(marks, 'extracted_at', 'entries', 'time_entry_id') }}
        union
        -- What an entry counts for hangs on its ticket, which is the one it had; else it has changed itself.
        select
            counted.organization_id,
            counted.time_entry_id
        from {{ staged_tickets }} as tickets
        inner join {{ this }} as counted
            on
                tickets.organization_id = counted.organization_id
                and tickets.ticket_id = counted.ticket_id
        where
            {{ touched_since(marks, 'tickets', 'ticket_extracted_at') }}
            and counted.ticket_extracted_at is distinct from tickets.extracted_at
        union
        -- Its ticket may be read by now, or is known by now to be one that nobody has read.
        select
            organization_id,
            time_entry_id
        from {{ this }}
        where is_ticket_held is false
    )

    select entries.*
    from touched
    inner join {{ staged_entries }} as entries
        on
            touched.organization_id = entries.organization_id
            and touched.time_entry_id = entries.time_entry_id
    {%- endset -%}
    {{ write_down('touched_time_entries', query) }};
    {%- set query -%}
    select tickets.*
    from (select distinct organization_id, charge_to_id from touched_time_entries) as charges
    inner join {{ staged_tickets }} as tickets
        on
            charges.organization_id = tickets.organization_id
            and charges.charge_to_id = tickets.ticket_id
    {%- endset -%}
    {{ write_down('charged_tickets', query) }}
    {%- endif -%}
{%- endmacro %}

{#- What `fct_ticket_lifecycles` is made by, as one word. -#}
{% macro ticket_lives_fingerprint() -%}
    {{ rules_fingerprint(
        'rules.rules',
        ['fct_ticket_lifecycles', 'fct_tickets', 'fct_time_entries'],
        tickets_followed('touched_tickets') ~ tickets_classified('charged_tickets')
    ) }}
{%- endmacro %}

{#- Before `fct_ticket_lifecycles` is renewed: `touched_tickets`, by their keys. -#}
{% macro write_down_touched_tickets(rules, staged_tickets, staged_entries, answers, moved, organizations) -%}
    {%- if is_incremental() -%}
    {%- set marks = run_marks(fact_marks(rules, ticket_lives_fingerprint(), ['extracted_at', 'time_extracted_at'])) -%}
    {%- set query -%}
    select
        tickets.organization_id,
        tickets.ticket_id
    from {{ staged_tickets }} as tickets
    where
        {{ touched_since(marks, 'tickets', 'extracted_at') }}
        and not {{ is_built(marks, 'extracted_at', 'tickets', 'ticket_id') }}
    union
    select
        entries.organization_id,
        entries.charge_to_id as ticket_id
    from {{ staged_entries }} as entries
    where
        entries.charge_to_type = 'ServiceTicket'
        and {{ touched_since(marks, 'entries', 'time_extracted_at') }}
    union
    select
        organization_id,
        ticket_id
    from {{ moved }}
    union
    -- Goals pass while nobody touches the ticket, and an instant may be looked at again that lies before the last one.
    select
        built.organization_id,
        built.ticket_id
    from {{ this }} as built
    inner join {{ organizations }} as organizations on built.organization_id = organizations.organization_id
    where
        (built.respond_goal_at < organizations.as_of) <> (built.is_response_in_time is not null)
        or (built.resolution_goal_at < organizations.as_of) <> (built.is_resolution_in_time is not null)
    union
    -- An answer to a survey shows that an open ticket was closed before.
    select
        built.organization_id,
        built.ticket_id
    from {{ this }} as built
    left join {{ answers }} as answers
        on
            built.organization_id = answers.organization_id
            and built.ticket_id = answers.ticket_id
    where
        not built.is_closed_status
        and (built.is_reopened or answers.ticket_id is not null)
    {%- endset -%}
    {{ write_down('touched_tickets', query) }}
    {%- endif -%}
{%- endmacro %}
