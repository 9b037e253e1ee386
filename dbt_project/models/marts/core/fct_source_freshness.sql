with cursors as (
    select * from {{ source('raw_meta', 'cursors') }}
),

-- A run that is still going says nothing yet.
runs as (
    select * from {{ source('raw_meta', 'extraction_log') }}
    where outcome <> 'running'
),

last_runs as (
    select distinct on (organization_id, source, stream) *
    from runs
    order by organization_id asc, source asc, stream asc, log_id desc
),

last_complete_runs as (
    select distinct on (organization_id, source, stream) *
    from runs
    where outcome = 'complete'
    order by organization_id asc, source asc, stream asc, log_id desc
),

held as (
    {{ records_held() }}
),

judged as (
    select
        coalesce(last_runs.organization_id, cursors.organization_id) as organization_id,
        coalesce(last_runs.source, cursors.source) as source,
        coalesce(last_runs.stream, cursors.stream) as stream,
        cursors.completed_at as last_completed_at,
        cursors.completed_as_of,
        last_runs.outcome as last_outcome,
        last_runs.error as last_error,
        coalesce(held.records, 0) as records,
        last_complete_runs.records_rejected,
        cursors.covers_from,
        coalesce(
            last_complete_runs.certificate ->> 'cursor_closed' = 'true'
            and coalesce(
                -- A read that went on from a broken one received only the rest.
                last_complete_runs.vendor_count <= last_complete_runs.records + last_complete_runs.records_rejected
                or last_complete_runs.certificate ->> 'resumed_from' is not null,
                true
            ),
            false
        ) as is_certified
    from cursors
    full join last_runs
        on
            cursors.organization_id = last_runs.organization_id
            and cursors.source = last_runs.source
            and cursors.stream = last_runs.stream
    left join last_complete_runs
        on
            last_runs.organization_id = last_complete_runs.organization_id
            and last_runs.source = last_complete_runs.source
            and last_runs.stream = last_complete_runs.stream
    left join held
        on
            coalesce(last_runs.organization_id, cursors.organization_id) = held.organization_id
            and coalesce(last_runs.source, cursors.source) = held.source
            and coalesce(last_runs.stream, cursors.stream) = held.stream
)

select * from judged
