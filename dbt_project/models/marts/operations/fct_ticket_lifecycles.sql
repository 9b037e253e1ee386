{% set fingerprint = ticket_lives_fingerprint() %}

{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['organization_id', 'ticket_id'],
    on_schema_change='fail',
    indexes=mark_indexes(
        [{'columns': ['organization_id', 'ticket_id'], 'unique': True}], ['extracted_at', 'time_extracted_at']
    ),
    pre_hook=[
        "{{ expect_few() }}",
        "{{ take_out_deleted(ref('stg_connectwise__tickets'), 'ticket_id') }}",
        "{{ take_out_strangers(ref('int_rules_fingerprinted')) }}",
        "{{ write_down_touched_tickets(
            rules_of_tickets(ref('fct_tickets')),
            ref('stg_connectwise__tickets'),
            ref('stg_connectwise__time_entries'),
            ref('stg_connectwise__survey_results'),
            ref('int_time_entries_moved'),
            ref('dim_organizations')
        ) }}",
    ],
    post_hook=["delete from {{ ref('int_time_entries_moved') }}", "{{ counted_rows() }}"],
) }}

with rules as (
    select * from {{ rules_of_tickets(ref('fct_tickets')) }} as made_by
),

{% if is_incremental() %}
lives as (
    {{ tickets_followed('touched_tickets') }}
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
