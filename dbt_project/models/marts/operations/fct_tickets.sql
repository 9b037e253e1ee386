{% set fingerprint = rules_fingerprint('rules.rules', ['fct_tickets', 'int_tickets_classified']) %}

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
) }}

with tickets as (
    select * from {{ ref('int_tickets_classified') }}
),

rules as (
    select * from {{ ref('int_rules_fingerprinted') }}
)

select
    tickets.organization_id,
    tickets.ticket_id,
    tickets.client_id,
    tickets.summary,
    tickets.board_name,
    tickets.status_name,
    tickets.is_reactive,
    tickets.is_closed_status,
    tickets.parent_ticket_id,
    tickets.entered_at,
    tickets.closed_at,
    tickets.entered_period,
    tickets.closed_period,
    tickets.extracted_at,
    {{ fingerprint }} as rules_fingerprint
from tickets
inner join rules on tickets.organization_id = rules.organization_id
{% if is_incremental() %}
where {{ touched_since(fact_marks(ref('int_rules_fingerprinted'), fingerprint), 'tickets') }}
{% endif %}
