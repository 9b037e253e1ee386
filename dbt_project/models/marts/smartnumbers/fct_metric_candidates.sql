with candidates as (
    select * from {{ ref('int_metric_candidates_unioned') }}
),

winners as (
    select * from {{ ref('int_metrics_resolved') }}
)

select
    candidates.organization_id,
    candidates.client_id,
    candidates.period,
    candidates.metric,
    candidates.method,
    {{ method_rank('candidates.method') }} as rank,
    candidates.value,
    candidates.unit,
    candidates.value is not null and candidates.method = winners.method as is_winner,
    candidates.basis,
    candidates.reason,
    candidates.source,
    candidates.model,
    coalesce(candidates.source_rows, 0) as source_rows,
    candidates.freshest_at
from candidates
-- What belongs to no month that has begun, or to no known metric, has no winner and is no candidate.
inner join winners using (organization_id, client_id, period, metric)
