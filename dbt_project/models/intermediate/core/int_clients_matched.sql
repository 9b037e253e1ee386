with clients as (
    select * from {{ source('app', 'clients') }}
    where merged_into_client_id is null
),

links as (
    select * from {{ source('app', 'client_links') }}
),

-- A client may have several records in one system, jobs of a customer for instance; the first one stands for them.
gathered as (
    select
        organization_id,
        client_id,
        min(source_client_id) filter (where source = 'ninjaone') as ninjaone_organization_id,
        min(source_client_id) filter (where source = 'connectwise') as connectwise_company_id,
        min(source_client_id) filter (where source = 'stripe') as stripe_customer_id,
        min(source_client_id) filter (where source = 'quickbooks') as quickbooks_customer_id,
        min(substr(source_client_id, length('tenants/') + 1)) filter (
            where source = 'opsdb' and source_client_id like 'tenants/%'
        ) as opsdb_tenant_id,
        min(substr(source_client_id, length('customers/') + 1)) filter (
            where source = 'opsdb' and source_client_id like 'customers/%'
        ) as opsdb_customer_id,
        count(*) as records,
        -- A client with devices that do count is one like any other, whatever else was mapped to it.
        bool_and(is_excluded) filter (where source = 'ninjaone') as is_excluded,
        bool_and(match_method = 'own') as is_unmatched,
        case
            when bool_or(match_method = 'mapped') then 'mapped'
            when bool_or(match_method = 'name') then 'name'
            else 'own'
        end as match_method
    from links
    group by organization_id, client_id
),

matched as (
    select
        clients.organization_id,
        clients.client_id,
        clients.client_alias,
        clients.name,
        clients.is_confirmed,
        gathered.ninjaone_organization_id,
        gathered.connectwise_company_id,
        gathered.stripe_customer_id,
        gathered.quickbooks_customer_id,
        gathered.opsdb_tenant_id,
        gathered.opsdb_customer_id,
        gathered.match_method,
        coalesce(gathered.records, 0) as records,
        coalesce(gathered.is_excluded, false) as is_excluded,
        coalesce(gathered.is_unmatched, false) as is_unmatched
    from clients
    left join gathered
        on
            clients.organization_id = gathered.organization_id
            and clients.client_id = gathered.client_id
)

select * from matched
