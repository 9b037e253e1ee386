{#-
    How tickets are classified, as `int_tickets_classified` has it of all and the facts of those that a day has touched.
    Postgres joins every ticket with the rules before it looks which ones are asked for, so they are chosen first:
    `tickets` is staged tickets, or some of them.
-#}
{% macro tickets_classified(tickets) -%}
with tickets as (
    select * from {{ tickets }}
    where not is_deleted
),

organizations as (
    select * from {{ ref('dim_organizations') }}
),

rules as (
    select * from {{ ref('int_rules_gathered') }}
),

client_links as (
    select * from {{ source('app', 'client_links') }}
    where source = 'connectwise'
),

ruled as (
    select
        tickets.organization_id,
        tickets.ticket_id,
        coalesce(client_links.client_id, 'unassigned') as client_id,
        tickets.summary,
        tickets.board_name,
        tickets.status_name,
        tickets.parent_ticket_id,
        tickets.entered_at,
        tickets.closed_at,
        tickets.extracted_at,
        organizations.time_zone,
        rules.is_parent_tickets_only,
        coalesce(lower(btrim(tickets.board_name)) = any(rules.service_boards), false) as is_on_service_board,
        coalesce(lower(btrim(tickets.status_name)) = any(rules.closed_statuses), false) as is_closed_status
    from tickets
    inner join organizations on tickets.organization_id = organizations.organization_id
    inner join rules on tickets.organization_id = rules.organization_id
    left join client_links
        on
            tickets.organization_id = client_links.organization_id
            and tickets.connectwise_company_id = client_links.source_client_id
),

classified as (
    select
        organization_id,
        ticket_id,
        client_id,
        summary,
        board_name,
        status_name,
        is_on_service_board,
        is_on_service_board and (parent_ticket_id is null or not is_parent_tickets_only) as is_reactive,
        is_closed_status,
        parent_ticket_id,
        entered_at,
        closed_at,
        {{ period_of('entered_at', 'time_zone') }} as entered_period,
        {{ period_of('closed_at', 'time_zone') }} as closed_period,
        extracted_at
    from ruled
)

select * from classified
{%- endmacro %}
