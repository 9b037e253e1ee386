select * from {{ ref('int_ticket_backlog_counted') }}
