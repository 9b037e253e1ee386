"""What plausible vendor records look like, before any model reads them."""

from __future__ import annotations

from expectations.suite import Suite, between, filled, nothing_found, one_of

DEVICE_CLASSES = (
    "WINDOWS_SERVER", "WINDOWS_WORKSTATION", "LINUX_WORKSTATION", "LINUX_SERVER", "MAC", "MAC_SERVER",
    "VMWARE_VM_HOST", "VMWARE_VM_GUEST", "HYPERV_VMM_HOST", "HYPERV_VMM_GUEST", "CLOUD_MONITOR_TARGET",
    "NMS_SWITCH", "NMS_ROUTER", "NMS_FIREWALL", "NMS_PRINTER", "NMS_WAP", "NMS_SERVER", "NMS_OTHER",
    "ANDROID", "APPLE_IOS", "APPLE_IPADOS", "UNMANAGED_DEVICE", "MANAGED_DEVICE",
)  # fmt: skip


def mapped_fields(source: str, stream: str) -> Suite:
    """Whether the source still sends what its staging models read; shown on its best known stream."""
    return Suite(
        f"mapped_fields_of_{source}",
        (source, stream),
        f"The fields of {source}'s records that the models read are still there, of the same type, and not all null.",
        f"""
        select concat(stream, ': ', finding) as finding, null::text as doubt
        from raw_meta.profiled_streams
        where organization_id = {{organization_id}} and source = '{source}' and finding is not null
        union all
        select case when severity = 'error' then concat(stream, ': ', finding) end,
            case when severity = 'warning' then concat(stream, ': ', finding) end
        from raw_meta.field_profiles
        where organization_id = {{organization_id}} and source = '{source}' and finding is not null
        """,  # noqa: S608 - the source is one of the names below
        (
            nothing_found(
                "error",
                "The vendor seems to have changed fields that figures are made from; see docs/troubleshooting.md, "
                "'The vendor changed a field'.",
            ),
            nothing_found(
                "warning",
                "A field that figures are made from has no values lately. That may be the business itself; look at it.",
                column="doubt",
            ),
        ),
    )


SUITES = (
    mapped_fields("ninjaone", "devices"),
    mapped_fields("connectwise", "tickets"),
    mapped_fields("stripe", "subscriptions"),
    mapped_fields("quickbooks", "invoices"),
    Suite(
        "plausible_devices",
        ("ninjaone", "devices"),
        "Devices belong to an organization and are of a class that the rules for endpoints and seats know.",
        """
        select record ->> 'nodeClass' as node_class, record ->> 'organizationId' as ninjaone_organization_id
        from raw_ninjaone.devices
        where organization_id = {organization_id} and deleted_at is null
        """,
        (
            filled(
                "ninjaone_organization_id",
                "error",
                "Devices without an organization cannot be counted for a client. The usual cause is an API "
                "application without the monitoring scope.",
            ),
            one_of(
                "node_class",
                DEVICE_CLASSES,
                "warning",
                "A device class that the counting rules have not met; decide whether it is an endpoint and a seat.",
                mostly=0.99,
            ),
        ),
    ),
    Suite(
        "plausible_tickets",
        ("connectwise", "tickets"),
        "Tickets carry the board, the status and the dates that the counts are made from.",
        """
        select record -> 'board' ->> 'name' as board_name, record -> 'status' ->> 'name' as status_name,
            record -> '_info' ->> 'dateEntered' as entered_at,
            case
                when coalesce((record ->> 'closedFlag')::boolean, false) and record ->> 'closedDate' is null then null
                else 'dated'
            end as closing
        from raw_connectwise.tickets
        where organization_id = {organization_id} and deleted_at is null
        """,
        (
            filled("board_name", "error", "Tickets without a board cannot be told reactive or not."),
            filled("status_name", "error", "Tickets without a status cannot be told closed or not."),
            filled("entered_at", "error", "Tickets without the date they were entered belong to no month."),
            filled(
                "closing",
                "warning",
                "Closed tickets that carry no closing date are not counted as closed in any month.",
            ),
        ),
    ),
    Suite(
        "plausible_time_entries",
        ("connectwise", "time_entries"),
        "Nobody works less than nothing or more than a day in one entry.",
        """
        select (record ->> 'actualHours')::numeric as hours
        from raw_connectwise.time_entries
        where organization_id = {organization_id} and deleted_at is null
        """,
        (
            between("hours", 0, None, "error", "Hours below zero would make service look cheaper than it is."),
            between("hours", None, 24, "warning", "An entry of more than 24 hours is usually a typing mistake."),
        ),
    ),
    Suite(
        "rejected_records",
        ("raw_meta", "rejected_records"),
        "Records that could not be stored are few and known.",
        """
        select concat(source, ' ', stream, ' ', coalesce(record_id, 'without id'), ': ', reason) as finding
        from raw_meta.rejected_records
        where organization_id = {organization_id} and settled_at is null
        """,
        (
            nothing_found(
                "warning",
                "Vendor records were rejected and are in no figure; raw_meta.rejected_records says which and why.",
            ),
        ),
    ),
    Suite(
        "vendor_totals",
        ("raw_meta", "extraction_log"),
        "Where a vendor states its own total, the stored rows of the last complete read reach it.",
        """
        select concat(latest.source, ' ', latest.stream, ': ', latest.records, ' read of ', latest.vendor_count)
            as finding
        from (
            select distinct on (source, stream) source, stream, vendor_count, records
            from raw_meta.extraction_log
            where organization_id = {organization_id} and outcome = 'complete'
            order by source, stream, finished_at desc
        ) as latest
        where latest.vendor_count is not null and latest.vendor_count > latest.records
        """,
        (
            nothing_found(
                "error",
                "A vendor says it holds more records than were read; figures from that stream would be too small.",
            ),
        ),
    ),
)
