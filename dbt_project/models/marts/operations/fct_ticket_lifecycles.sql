{% set rules = ref('int_rules_fingerprinted') %}
{% set staged_tickets = ref('stg_connectwise__tickets') %}
{% set staged_entries = ref('stg_connectwise__time_entries') %}
{% set followed = tickets_followed('touched') %}
{% set fingerprint = rules_fingerprint(
    'rules.rules', ['fct_ticket_lifecycles', 'fct_tickets', 'fct_time_entries', 'int_tickets_classified'], followed
) %}
{% set marks = run_marks(fact_marks(rules, fingerprint, ['extracted_at', 'time_extracted_at'])) %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['organization_id', 'ticket_id'],
    on_schema_change='fail',
    indexes=[{'columns': ['organization_id', 'ticket_id'], 'unique': True}],
    pre_hook=[
        "{{ take_out_deleted(ref('stg_connectwise__tickets'), 'ticket_id') }}",
        "{{ take_out_strangers(ref('int_rules_fingerprinted')) }}",
    ],
    post_hook="delete from {{ ref('int_time_entries_moved') }}",
) }}

with rules as (
    select * from {{ rules }}
),

{% if is_incremental() %}
-- Goals pass while nobody touches the ticket, and an instant may be looked at again that lies before the last one.
passed as (
    select
        built.organization_id,
        built.ticket_id
    from {{ this }} as built
    inner join {{ ref('dim_organizations') }} as organizations on built.organization_id = organizations.organization_id
    where
        (built.respond_goal_at < organizations.as_of) <> (built.is_response_in_time is not null)
        or (built.resolution_goal_at < organizations.as_of) <> (built.is_resolution_in_time is not null)
),

-- An answer to a survey shows that an open ticket was closed before.
surveyed as (
    select
        built.organization_id,
        built.ticket_id
    from {{ this }} as built
    left join {{ ref('stg_connectwise__survey_results') }} as answers
        on
            built.organization_id = answers.organization_id
            and built.ticket_id = answers.ticket_id
    where
        not built.is_closed_status
        and (built.is_reopened or answers.ticket_id is not null)
),

touched as materialized (
    select
        tickets.organization_id,
        tickets.ticket_id
    from {{ staged_tickets }} as tickets
    where {{ touched_since(marks, 'tickets', 'extracted_at') }}
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
    from {{ ref('int_time_entries_moved') }}
    union
    select * from passed
    union
    select * from surveyed
),

lives as (
    {{ followed }}
),
{% else %}
lives as (
    select * from {{ ref('int_tickets_followed') }}
),
{% endif %}

fingerprinted as (
    select
        lives.*,
        {{ fingerprint }} as rules_fingerprint
    from lives
    inner join rules on lives.organization_id = rules.organization_id
)

select * from fingerprinted
