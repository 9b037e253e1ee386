{% set fingerprint = time_entries_fingerprint() %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['organization_id', 'time_entry_id'],
    on_schema_change='fail',
    indexes=mark_indexes([
        {'columns': ['organization_id', 'time_entry_id'], 'unique': True},
        {'columns': ['organization_id', 'ticket_id']},
    ], ['extracted_at', 'ticket_extracted_at']),
    pre_hook=[
        "{{ expect_few() }}",
        "{{ write_down_touched_time(
            ref('int_rules_fingerprinted'), ref('stg_connectwise__time_entries'), ref('stg_connectwise__tickets')
        ) }}",
        "{{ note_moved_time(ref('int_time_entries_moved'), ref('stg_connectwise__time_entries')) }}",
        "{{ take_out_deleted(ref('stg_connectwise__time_entries'), 'time_entry_id') }}",
        "{{ take_out_strangers(ref('int_rules_fingerprinted')) }}",
    ],
    post_hook=["{{ index_of_some('organization_id', 'is_ticket_held is false') }}", "{{ counted_rows() }}"],
) }}

with rules as (
    select * from {{ ref('int_rules_fingerprinted') }}
),

{% if is_incremental() %}
classified_tickets as (
    {{ tickets_classified('charged_tickets') }}
),

time_entries as (
    {{ time_entries_classified('touched_time_entries', 'classified_tickets') }}
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
