{% set fingerprint = rules_fingerprint('rules.rules', ['fct_tickets'], tickets_classified('staged')) %}
{% set marks = run_marks(fact_marks(ref('int_rules_fingerprinted'), fingerprint)) %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['organization_id', 'ticket_id'],
    on_schema_change='fail',
    indexes=mark_indexes([{'columns': ['organization_id', 'ticket_id'], 'unique': True}], ['extracted_at']),
    pre_hook=[
        "{{ expect_few() }}",
        "{{ take_out_deleted(ref('stg_connectwise__tickets'), 'ticket_id') }}",
        "{{ take_out_strangers(ref('int_rules_fingerprinted')) }}",
    ],
    post_hook="{{ counted_rows() }}",
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
where
    {{ touched_since(marks, 'tickets', 'extracted_at') }}
    and not {{ is_built(marks, 'extracted_at', 'tickets', 'ticket_id') }}
{% endif %}
