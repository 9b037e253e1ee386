{% set streams = "'customers', 'equipment', 'service_orders', 'parts_orders', 'rentals', 'condition_assessments'" %}

with organizations as (
    select * from {{ ref('dim_organizations') }}
),

mapped as (
    select
        apps.organization_id,
        jsonb_object_keys(apps.settings #> '{sources,opsdb,tables}') as stream
    from {{ source('app', 'organizations') }} as apps
    where jsonb_typeof(apps.settings #> '{sources,opsdb,tables}') = 'object'
),

-- Whose file maps one of a dealer's tables, or of whom one was read before it was taken out of the file.
dealers as (
    select organization_id from mapped
    where stream in ({{ streams }})
    union
    select organization_id from {{ source('raw_meta', 'cursors') }}
    where source = 'opsdb' and stream in ({{ streams }}) and completed_as_of is not null
),

scopes as (
    select
        organization_id,
        'all' as client_id
    from dealers
    union
    select
        organization_id,
        'unassigned' as client_id
    from dealers
    union
    select
        links.organization_id,
        links.client_id
    from {{ ref('int_database_clients_linked') }} as links
    inner join dealers on links.organization_id = dealers.organization_id
    where links.stream = 'customers'
),

quarters as (
    select
        periods.organization_id,
        periods.quarter,
        make_date(left(periods.quarter, 4)::integer, right(periods.quarter, 1)::integer * 3 - 2, 1) as started_date
    from {{ ref('dim_periods') }} as periods
    group by periods.organization_id, periods.quarter
),

bounded as (
    select
        organization_id,
        quarter,
        started_date,
        (started_date + interval '3 months')::date - 1 as ended_date
    from quarters
),

listed as (
    select
        scopes.organization_id,
        scopes.client_id,
        bounded.quarter,
        bounded.started_date,
        bounded.ended_date,
        -- What stands at the end of a quarter stands, in the running one, today.
        least(
            bounded.ended_date, (organizations.as_of at time zone organizations.time_zone)::date
        ) as measured_date,
        bounded.ended_date < (organizations.as_of at time zone organizations.time_zone)::date as is_complete,
        bounded.started_date::timestamp at time zone organizations.time_zone as starts_at,
        (bounded.ended_date + 1)::timestamp at time zone organizations.time_zone as ends_at
    from scopes
    inner join organizations on scopes.organization_id = organizations.organization_id
    inner join bounded on scopes.organization_id = bounded.organization_id
)

select * from listed
