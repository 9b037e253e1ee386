select
    organization_id,
    agreement_id,
    client_id,
    agreement_name,
    agreement_type,
    is_managed,
    start_date,
    end_date,
    is_cancelled,
    cancelled_date,
    monthly_amount
from {{ ref('int_agreements_priced') }}
