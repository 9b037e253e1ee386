select
    organization_id,
    time_entry_id,
    ticket_id,
    client_id,
    member_identifier,
    hours,
    entered_at,
    entered_period,
    is_reactive
from {{ ref('int_time_entries_classified') }}
