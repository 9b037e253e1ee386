select
    organization_id,
    period,
    client_id,
    device_id,
    device_name,
    node_class,
    snapshot_date,
    is_endpoint,
    is_seat,
    exclusion_reason
from {{ ref('int_device_months_counted') }}
