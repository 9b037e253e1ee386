select * from {{ ref('int_service_months_measured') }}
