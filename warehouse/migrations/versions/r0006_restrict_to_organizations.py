"""Policies that show a role the rows of its own organizations only."""

from alembic import op

revision = "0006"
down_revision = "0005"

FUNCTION = r"""
create function app.restrict_to_organizations(relation regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp set client_min_messages = warning as $$
declare
    roles text[] := array(select rolname from pg_roles where rolname like 'qbr\_%');
    is_mart boolean := (
        select n.nspname = 'marts' from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation
    );
    readers text := concat_ws(', ',
        case when is_mart and 'qbr_analyst' = any(roles) then 'qbr_analyst' end,
        case when is_mart and 'qbr_portal' = any(roles) then 'qbr_portal' end
    );
begin
    if is_mart and readers <> '' and exists (
        select from unnest(string_to_array(readers, ', ')) as reader
        where not has_table_privilege(reader, relation, 'select')
    ) then
        execute format('grant select on %s to %s', relation, readers);
    end if;
    if not exists (
        select from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.oid = relation and c.relkind in ('r', 'p') and a.attname = 'organization_id' and not a.attisdropped
    ) then
        return;
    end if;
    -- A table that stands from one build to the next has all this already, and its readers need not wait for a lock.
    if (
        select c.relrowsecurity and count(p.oid) = cardinality(
            array(select unnest(case when is_mart
                then array['qbr_analyst', 'qbr_portal', 'qbr_all_organizations'] else array['qbr_portal', 'qbr_loader']
            end) intersect select unnest(roles))
        )
        from pg_class c left join pg_policy p on p.polrelid = c.oid where c.oid = relation group by c.oid
    ) then
        return;
    end if;
    execute format('alter table %s enable row level security', relation);
    execute format('drop policy if exists organizations_granted on %s', relation);
    execute format('drop policy if exists organization_of_session on %s', relation);
    execute format('drop policy if exists every_organization on %s', relation);
    if is_mart and 'qbr_analyst' = any(roles) then
        execute format($policy$
            create policy organizations_granted on %s for select to qbr_analyst using (
                organization_id in (
                    select substr(granted.rolname, length('qbr_organization_') + 1) from pg_roles as granted
                    where starts_with(granted.rolname, 'qbr_organization_') and pg_has_role(granted.oid, 'member')
                )
            )$policy$, relation);
    end if;
    if 'qbr_portal' = any(roles) then
        execute format($policy$
            create policy organization_of_session on %s for select to qbr_portal
            using (organization_id = (select current_setting('qbr.organization_id', true)))$policy$, relation);
    end if;
    -- Those who work for all organizations alike. Owners pass without a policy.
    readers := (
        select string_agg(role, ', ') from unnest(
            case when is_mart then array['qbr_all_organizations', 'qbr_transformer']
            else array['qbr_loader', 'qbr_transformer'] end
        ) as role where role = any(roles)
    );
    if readers <> '' then
        execute format(
            'create policy every_organization on %s for all to %s using (true) with check (true)', relation, readers
        );
    end if;
end $$;
comment on function app.restrict_to_organizations(regclass) is
    'Lets analysts and the portal read the rows of their own organizations of a table, and grants the read on a mart.';
alter view app.current_thresholds set (security_invoker = true);
"""


def upgrade() -> None:
    op.execute(FUNCTION)


def downgrade() -> None:
    op.execute(
        r"""
        alter view app.current_thresholds reset (security_invoker);
        do $$
        declare guarded record;
        begin
            for guarded in
                select p.polname, c.oid::regclass as relation from pg_policy p join pg_class c on c.oid = p.polrelid
                join pg_namespace n on n.oid = c.relnamespace
                where n.nspname in ('marts', 'app')
                    and p.polname in ('organizations_granted', 'organization_of_session', 'every_organization')
            loop
                execute format('drop policy %I on %s', guarded.polname, guarded.relation);
                execute format('alter table %s disable row level security', guarded.relation);
            end loop;
        end $$;
        drop function app.restrict_to_organizations(regclass);
        """
    )
