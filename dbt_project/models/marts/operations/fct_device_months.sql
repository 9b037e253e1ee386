select * from {{ ref('int_device_months_described') }}
