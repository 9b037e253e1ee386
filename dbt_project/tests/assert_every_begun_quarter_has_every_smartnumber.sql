-- All 18 and their variants, with a value or a reason, in every quarter.
with quarters as (
    select distinct
        organization_id,
        quarter
    from {{ ref('dim_periods') }}
)

select
    quarters.organization_id,
    quarters.quarter,
    definitions.metric
from quarters
cross join {{ ref('dim_metrics') }} as definitions
left join {{ ref('fct_smartnumbers') }} as smartnumbers using (organization_id, quarter, metric)
where
    definitions.is_smartnumber
    and smartnumbers.value is null
    and smartnumbers.reason is null
