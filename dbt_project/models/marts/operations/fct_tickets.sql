select
    organization_id,
    ticket_id,
    client_id,
    summary,
    board_name,
    status_name,
    is_reactive,
    is_closed_status,
    parent_ticket_id,
    entered_at,
    closed_at,
    entered_period,
    closed_period
from {{ ref('int_tickets_classified') }}
