-- The stream is part of the id that a link hangs on: tenants and customers are both numbered from 1.
select
    organization_id,
    split_part(source_client_id, '/', 1) as stream,
    substr(source_client_id, strpos(source_client_id, '/') + 1) as record_id,
    client_id
from {{ source('app', 'client_links') }}
where source = 'opsdb'
