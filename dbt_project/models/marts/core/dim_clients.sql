select
    organization_id,
    client_id,
    client_alias,
    name,
    is_confirmed,
    ninjaone_organization_id,
    connectwise_company_id,
    stripe_customer_id,
    quickbooks_customer_id,
    opsdb_tenant_id,
    opsdb_customer_id,
    match_method,
    is_excluded,
    is_unmatched
from {{ ref('int_clients_matched') }}
