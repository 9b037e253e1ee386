select * from {{ ref('int_data_readiness_measured') }}
