select * from {{ ref('int_tickets_followed') }}
