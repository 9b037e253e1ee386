{% set rules = ref('int_rules_fingerprinted') %}
{% set staged_entries = ref('stg_connectwise__time_entries') %}
{% set staged_tickets = ref('stg_connectwise__tickets') %}
{% set classified_of_staged = time_entries_classified('staged') %}
{% set fingerprint = rules_fingerprint(
    'rules.rules', ['fct_time_entries', 'int_tickets_classified'], classified_of_staged
) %}
{% set marks = run_marks(fact_marks(rules, fingerprint, ['extracted_at', 'ticket_extracted_at'])) %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['organization_id', 'time_entry_id'],
    on_schema_change='fail',
    indexes=[{'columns': ['organization_id', 'time_entry_id'], 'unique': True}],
    pre_hook=[
        "{{ note_moved_time(ref('int_time_entries_moved'), ref('stg_connectwise__time_entries')) }}",
        "{{ take_out_deleted(ref('stg_connectwise__time_entries'), 'time_entry_id') }}",
        "{{ take_out_strangers(ref('int_rules_fingerprinted')) }}",
    ],
) }}

with rules as (
    select * from {{ rules }}
),

{% if is_incremental() %}
touched as (
    select
        entries.organization_id,
        entries.time_entry_id
    from {{ staged_entries }} as entries
    where {{ touched_since(marks, 'entries', 'extracted_at') }}
    union
    -- What an entry counts for hangs on its ticket.
    select
        entries.organization_id,
        entries.time_entry_id
    from {{ staged_tickets }} as tickets
    inner join {{ staged_entries }} as entries
        on
            tickets.organization_id = entries.organization_id
            and tickets.ticket_id = entries.charge_to_id
    where {{ touched_since(marks, 'tickets', 'ticket_extracted_at') }}
    union
    -- Its ticket may be read by now, or is known by now to be one that nobody has read.
    select
        organization_id,
        time_entry_id
    from {{ this }}
    where not is_ticket_held
),

staged as materialized (
    select entries.*
    from {{ staged_entries }} as entries
    inner join touched
        on
            entries.organization_id = touched.organization_id
            and entries.time_entry_id = touched.time_entry_id
),

time_entries as (
    {{ classified_of_staged }}
),
{% else %}
time_entries as (
    select * from {{ ref('int_time_entries_classified') }}
),
{% endif %}

classified as (
    select
        time_entries.organization_id,
        time_entries.time_entry_id,
        time_entries.ticket_id,
        time_entries.client_id,
        time_entries.member_identifier,
        time_entries.hours,
        time_entries.billed_hours,
        time_entries.billable_option,
        time_entries.work_type,
        time_entries.charge_to_type,
        time_entries.started_at,
        time_entries.entered_at,
        time_entries.entered_period,
        time_entries.is_reactive,
        time_entries.is_ticket_held,
        time_entries.is_ticket_unread,
        time_entries.extracted_at,
        time_entries.ticket_extracted_at,
        {{ fingerprint }} as rules_fingerprint
    from time_entries
    inner join rules on time_entries.organization_id = rules.organization_id
)

select * from classified
