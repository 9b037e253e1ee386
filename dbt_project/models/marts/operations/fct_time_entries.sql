select
    organization_id,
    time_entry_id,
    ticket_id,
    client_id,
    member_identifier,
    hours,
    billed_hours,
    billable_option,
    work_type,
    charge_to_type,
    started_at,
    entered_at,
    entered_period,
    is_reactive
from {{ ref('int_time_entries_classified') }}
