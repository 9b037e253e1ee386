{% set made_by = ['fct_time_entries', 'int_time_entries_classified', 'int_tickets_classified'] %}
{% set rules = ref('int_rules_fingerprinted') %}
{% set staged_entries = ref('stg_connectwise__time_entries') %}
{% set staged_tickets = ref('stg_connectwise__tickets') %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['organization_id', 'time_entry_id'],
    on_schema_change='fail',
    indexes=[{'columns': ['organization_id', 'time_entry_id'], 'unique': True}],
    pre_hook=[
        "{{ take_out_deleted(ref('stg_connectwise__time_entries'), 'time_entry_id') }}",
        "{{ take_out_strangers(ref('int_rules_fingerprinted')) }}",
    ],
) }}

with time_entries as (
    select * from {{ ref('int_time_entries_classified') }}
),

rules as (
    select * from {{ rules }}
),

{% if is_incremental() %}
touched as (
    select
        entries.organization_id,
        entries.time_entry_id
    from {{ staged_entries }} as entries
    where {{ touched_since(fact_marks(rules, made_by), 'entries') }}
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
    where {{ touched_since(fact_marks(rules, made_by, mark='ticket_extracted_at'), 'tickets') }}
    union
    -- Its ticket may be read by now, or is known by now to be one that nobody has read.
    select
        organization_id,
        time_entry_id
    from {{ this }}
    where not is_ticket_held
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
        {{ rules_fingerprint('rules.rules', made_by) }} as rules_fingerprint
    from time_entries
    inner join rules on time_entries.organization_id = rules.organization_id
    {% if is_incremental() %}
    inner join touched
        on
            time_entries.organization_id = touched.organization_id
            and time_entries.time_entry_id = touched.time_entry_id
    {% endif %}
)

select * from classified
