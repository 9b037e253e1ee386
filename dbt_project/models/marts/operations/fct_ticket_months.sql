select * from {{ ref('int_ticket_months_counted') }}
