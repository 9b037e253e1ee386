-- A device names its organization and location by number; whether a rule leaves them out only their lists tell.
select organization_id
from {{ source('raw_meta', 'cursors') }}
where
    source = 'ninjaone'
    and stream in ('organizations', 'locations')
    and not isempty(covered)
group by organization_id
having count(*) = 2
