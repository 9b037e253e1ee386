"""What was deleted, and when: the feed of changes tells it for thirty days, and nothing else does."""

from collections import defaultdict
from datetime import datetime

from sandbox.quickbooks.expenses import PURCHASES
from sandbox.world.entities import World


def deletions(world: World) -> dict[str, list[tuple[str, datetime]]]:
    """Ids and instants by entity. A name merged into another is deleted, too."""
    found: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    gone = [
        *(("Invoice", one.id, one.deleted_at) for one in world.qbo_invoices),
        *(("Payment", one.id, one.deleted_at) for one in world.qbo_payments),
        *(("JournalEntry", one.id, one.deleted_at) for one in world.journal_entries),
        *(("Purchase" if one.kind in PURCHASES else one.kind, one.id, one.removed_at) for one in world.expenses),
        *(("Transfer", one.id, one.removed_at) for one in world.transfers),
        *(("Estimate", one.id, one.removed_at) for one in world.estimates),
        *(("Customer", one.id, one.removed_at) for one in world.qbo_customers),
        *(("Vendor", one.id, one.removed_at) for one in world.suppliers),
    ]
    for entity, identity, at in gone:
        if at is not None:
            found[entity].append((identity, at))
    return dict(found)
