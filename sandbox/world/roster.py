"""The companies: fixed names for every seed, so that one configuration serves them all; the seed moves dates and sizes.

Names differ from vendor to vendor as they do in life. Case, punctuation and legal form are for a reader of names to
solve; abbreviations are not, and stand in `CLIENT_MAPPING`.
"""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.world.calendar import at, first_day, office_instant, quiet_workdays
from sandbox.world.draws import draws
from sandbox.world.parties import Address, Client, ClientMapping, Presence

LONG_AGO = date(2023, 3, 1)
LOST_PERIOD = "2026-05"
WON_PERIOD = "2025-02"


@dataclass(frozen=True)
class Profile:
    """How a company is served: size in seats at both ends of the two years, and what it buys."""

    key: str
    name: str
    ninjaone: str | None
    connectwise: str | None
    stripe: str | None
    quickbooks: str | None
    seats: tuple[int, int]
    tier: str
    has_security: bool
    has_voice: bool
    servers: int
    host_class: str | None
    tickets_per_seat: float


PROFILES = (
    Profile("brambleford", "Brambleford Dental Group", "Brambleford Dental Group", "Brambleford Dental Group, LLC",
            "BRAMBLEFORD DENTAL GROUP", "Brambleford Dental Group LLC", (40, 46), "complete", True, True, 3, None,
            0.62),
    Profile("quillhaven", "Quillhaven Accounting", "Quillhaven Accounting", "Quillhaven Accounting, Inc.",
            "quillhaven accounting inc", "Quillhaven Accounting Inc", (24, 28), "regulated", True, False, 2, None,
            0.70),
    Profile("tarnwick", "Tarnwick Logistics", "TARNWICK LOGISTICS", "Tarnwick Logistics Inc.",
            "Tarnwick Logistics, Inc", "Tarnwick Logistics, Inc.", (49, 58), "complete", True, True, 5,
            "VMWARE_VM_HOST", 0.55),
    Profile("pellworth", "Pellworth & Finch Architects", "Pellworth Finch", "Pellworth and Finch Architects LLC",
            "Pellworth & Finch Architects", "Pellworth & Finch Architects, LLC", (36, 33), "complete", True, False, 3,
            None, 0.66),
    Profile("osterquay", "Osterquay Municipal Water District", "OMWD", "Osterquay Municipal Water District", None,
            "Osterquay Municipal Water District", (38, 40), "essential", False, True, 4, "HYPERV_VMM_HOST", 0.42),
    Profile("grindlecombe", "Grindlecombe Manufacturing", "Grindlecombe Mfg", "Grindlecombe Manufacturing Corp.", None,
            "Grindlecombe Manufacturing Corp", (66, 72), "complete", True, True, 6, "VMWARE_VM_HOST", 0.48),
    Profile("averil", "Saint Averil Clinic", "St. Averil Clinic", "Saint Averil Clinic, Inc.", "Saint Averil Clinic",
            "St Averil Clinic Inc", (37, 44), "regulated", True, True, 4, "HYPERV_VMM_HOST", 0.72),
    Profile("hobbleton", "Hobbleton Property Management", "Hobbleton Property Management",
            "Hobbleton Property Management LLC", "Hobbleton Property Mgmt", "Hobbleton Property Management, L.L.C.",
            (19, 22), "essential", False, True, 1, None, 0.60),
    Profile("vexley", "Vexley Marine Supply", "Vexley Marine Supply", None, "Vexley Marine Supply, Inc.",
            "Vexley Marine Supply Inc.", (22, 26), "essential", True, False, 2, None, 0.0),
    Profile("larkmoor", "Larkmoor Credit Union", "Larkmoor Credit Union", "LARKMOOR CREDIT UNION", None,
            "Larkmoor C.U.", (35, 38), "regulated", True, False, 4, "VMWARE_VM_HOST", 0.52),
    Profile("thistledown", "Thistledown Veterinary", "Thistledown Veterinary", "Thistledown Veterinary, LLC",
            "Thistledown Veterinary LLC", None, (15, 18), "complete", False, True, 1, None, 0.64),
    Profile("corvane", "Corvane Legal", None, "Corvane Legal, LLC", "Corvane Legal", "Corvane Legal LLC", (0, 0),
            "none", False, False, 0, None, 0.0),
    Profile("mossgate", "Mossgate Charter School", "Mossgate Charter School", "Mossgate Charter School", None,
            "Mossgate Charter School", (46, 51), "essential", True, False, 3, None, 0.40),
    Profile("dunmarrow", "Dunmarrow Printing", "Dunmarrow Printing", "Dunmarrow Printing, Inc.",
            "Dunmarrow Printing Inc.", "Dunmarrow Printing, Inc", (34, 30), "complete", True, False, 3, None, 0.58),
    Profile("ironpetal", "Ironpetal Robotics", "Ironpetal Robotics", "Ironpetal Robotics Inc", "IRONPETAL ROBOTICS",
            "Ironpetal Robotics, Inc.", (18, 27), "regulated", True, True, 2, None, 0.63),
)  # fmt: skip

CLIENT_MAPPING = (
    ClientMapping("ninjaone", "Pellworth Finch", "Pellworth & Finch Architects"),
    ClientMapping("connectwise", "Pellworth and Finch Architects LLC", "Pellworth & Finch Architects"),
    ClientMapping("ninjaone", "OMWD", "Osterquay Municipal Water District"),
    ClientMapping("ninjaone", "Grindlecombe Mfg", "Grindlecombe Manufacturing"),
    ClientMapping("ninjaone", "St. Averil Clinic", "Saint Averil Clinic"),
    ClientMapping("quickbooks", "St Averil Clinic Inc", "Saint Averil Clinic"),
    ClientMapping("stripe", "Hobbleton Property Mgmt", "Hobbleton Property Management"),
    ClientMapping("quickbooks", "Hobbleton Property Management, L.L.C.", "Hobbleton Property Management"),
    ClientMapping("quickbooks", "Larkmoor C.U.", "Larkmoor Credit Union"),
)

ORGANIZATION_NAME = "Lanternfield IT"
EXCLUDED_ORGANIZATIONS = ("Lanternfield IT", "Internal Infrastructure")
CARD_SALES = "Card Sales (various)"

# key, name, kind, NinjaOne, ConnectWise, Stripe, QuickBooks
OTHERS = (
    ("lanternfield", "Lanternfield IT", "own", "Lanternfield IT", "Lanternfield IT, LLC", None, None),
    ("internal", "Internal Infrastructure", "internal", "Internal Infrastructure", None, None, None),
    ("fennimoor", "Fennimoor Bakery", "prospect", None, "Fennimoor Bakery", None, None),
    ("ottermead", "Ottermead Surveyors", "prospect", None, "Ottermead Surveyors, LLC", None, None),
    ("pennywhistle", "Pennywhistle Toys", "buyer", None, None, None, "Pennywhistle Toys"),
    ("kettleby", "Kettleby Marigold Studio", "buyer", None, None, "Kettleby Marigold Studio", None),
)

CITIES = ("Wrenfall", "Aldermarsh", "Copperbend", "Lowgate", "Eastmere")
STREETS = ("Lantern Row", "Tannery Street", "Weir Lane", "Orchard Way", "Foundry Road", "Chandler Street")
FIRST_NAMES = ("Odalys", "Branwen", "Tobin", "Isaura", "Corwin", "Merrit", "Linnea", "Fabian", "Petra", "Ansel")
LAST_NAMES = ("Thornwick", "Applegarth", "Quennell", "Rushmere", "Larkspur", "Ostrander", "Fairweather", "Dapplewood")


def make_clients(seed: int) -> tuple[Client, ...]:
    """Every company, with its ids: the same for every seed; only the days of winning and losing move."""
    draw = draws(seed, "roster")
    lost_on = at_end_of_service(draw)
    won_on = draw.choice(quiet_workdays(WON_PERIOD)[3:9])
    clients = []
    rows = [(p.key, p.name, "client", p.ninjaone, p.connectwise, p.stripe, p.quickbooks) for p in PROFILES]
    for index, (key, name, kind, *names) in enumerate([*rows, *OTHERS]):
        won = won_on if key == "ironpetal" else LONG_AGO + timedelta(days=11 * index)
        lost = lost_on if key == "dunmarrow" else None
        recorded = office_instant(draw, lost + timedelta(days=1)) if lost else None
        met = won - timedelta(days=20)
        clients.append(
            Client(
                key=key,
                name=name,
                kind=kind,
                won_on=won,
                lost_on=lost,
                ninjaone=_presence(str(3 + index), names[0], at(won - timedelta(days=4), 9, 12), None),
                connectwise=_presence(str(19_300 + 7 * index), names[1], at(met, 10, 5), recorded),
                stripe=_presence(f"cus_Lf{key[:6].title()}{4000 + 37 * index}", names[2], _billed_from(won), recorded),
                quickbooks=_presence(str(58 + index), names[3], at(met, 15, 40), recorded),
                address=_address(draw, index),
                contact_name=f"{draw.choice(FIRST_NAMES)} {draw.choice(LAST_NAMES)}",
                email=f"accounts@{key}.example",
                lost_recorded_at=recorded,
            )
        )
    return tuple(clients)


def at_end_of_service(draw: random.Random) -> date:
    """The day the lost client is gone from every system's service: late in the month, but not at its very end."""
    return draw.choice([day for day in quiet_workdays(LOST_PERIOD) if day.day >= 20])


def _billed_from(won: date) -> datetime:
    """Card billing began in June 2024 for all who were there; others start on the day they sign."""
    return at(max(won, first_day("2024-06") + timedelta(days=23)), 11, 20)


def _presence(identity: str, name: str | None, created: datetime, changed: datetime | None) -> Presence | None:
    if name is None:
        return None
    return Presence(id=identity, name=name, created_at=created, changed_at=(changed,) if changed else ())


def _address(draw: random.Random, index: int) -> Address:
    return Address(
        line=f"{draw.randrange(10, 980)} {draw.choice(STREETS)}",
        city=draw.choice(CITIES),
        state="IL",
        postal_code=f"600{index:02d}",
        phone=f"(555) 010-{2000 + 13 * index}",
    )
