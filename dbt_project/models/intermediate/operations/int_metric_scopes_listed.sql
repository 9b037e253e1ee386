with clients as (
    select * from {{ ref('int_clients_matched') }}
),

organizations as (
    select * from {{ ref('dim_organizations') }}
),

listed as (
    select
        organization_id,
        'all' as client_id,
        true as is_in_ninjaone,
        true as is_in_connectwise,
        false as is_excluded
    from organizations
    union all
    select
        organization_id,
        client_id,
        ninjaone_organization_id is not null or client_id = 'unassigned' as is_in_ninjaone,
        connectwise_company_id is not null or client_id = 'unassigned' as is_in_connectwise,
        is_excluded
    from clients
)

select * from listed
