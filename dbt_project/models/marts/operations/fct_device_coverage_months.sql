select * from {{ ref('int_device_coverage_counted') }}
