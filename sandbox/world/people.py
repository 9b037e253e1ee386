"""The staff: fixed people for every seed, some at half position, some hired and some leaving on the way."""

from datetime import date, timedelta
from decimal import Decimal

from sandbox.world.calendar import at
from sandbox.world.parties import Staff

# first, last, title, fte, technical, monthly wage at full time, hired, left
PEOPLE: tuple[tuple[str, str, str, str, bool, int, date, date | None], ...] = (
    ("Orla", "Tenpenny", "Owner", "1", False, 11500, date(2016, 1, 4), None),
    ("Casimir", "Brightwater", "Service Manager", "1", True, 6100, date(2018, 5, 7), None),
    ("Wilhelmina", "Stokeferry", "Dispatcher", "1", False, 3900, date(2019, 9, 3), None),
    ("Barnaby", "Quillfeather", "Senior Engineer", "1", True, 5900, date(2017, 2, 6), None),
    ("Junia", "Marrowbone", "Senior Engineer", "1", True, 5800, date(2019, 4, 15), None),
    ("Leopold", "Ashgrove", "Project Engineer", "1", True, 5500, date(2020, 8, 10), None),
    ("Saskia", "Underhollow", "Project Engineer", "1", True, 5350, date(2021, 3, 1), None),
    ("Ignatius", "Pettibone", "Help Desk Technician", "1", True, 4450, date(2021, 6, 14), None),
    ("Delphine", "Crowsley", "Help Desk Technician", "1", True, 4400, date(2021, 11, 8), None),
    ("Rufus", "Hartlebury", "Help Desk Technician", "1", True, 4300, date(2022, 2, 7), None),
    ("Mirabel", "Stonecroft", "Help Desk Technician", "1", True, 4250, date(2022, 7, 18), None),
    ("Thaddeus", "Whitlock-Moor", "Help Desk Technician", "1", True, 4200, date(2023, 1, 9), None),
    ("Perpetua", "Lindqvane", "Help Desk Technician", "0.5", True, 4200, date(2023, 4, 3), None),
    ("Ambrose", "Fernhill", "Help Desk Technician", "1", True, 4150, date(2023, 8, 21), date(2025, 10, 17)),
    ("Ottilie", "Grayvale", "Help Desk Technician", "1", True, 4200, date(2025, 11, 3), None),
    ("Cosmo", "Birchenough", "Security Analyst", "0.5", True, 5600, date(2023, 10, 2), None),
    ("Hesper", "Ravensworth", "Security Analyst", "1", True, 5400, date(2025, 3, 10), None),
    ("Lucian", "Oakhurst", "Field Technician", "1", True, 4100, date(2022, 10, 3), None),
    ("Verity", "Applethorn", "Account Manager", "1", False, 5000, date(2019, 1, 14), None),
    ("Florian", "Duskwood", "Account Manager", "0.5", False, 4900, date(2022, 5, 2), None),
    ("Beatrix", "Holloway-Finn", "Bookkeeper", "0.5", False, 4300, date(2018, 8, 6), None),
    ("Emeric", "Sandiford", "Office Manager", "1", False, 4100, date(2017, 6, 19), None),
    ("Tamsin", "Wexcombe", "Sales Representative", "1", False, 4400, date(2025, 1, 6), None),
    ("Jorah", "Millbrook", "Apprentice", "0.5", True, 2900, date(2024, 9, 3), date(2026, 4, 10)),
    ("Rosalind", "Tarnhope", "Help Desk Technician", "1", True, 4150, date(2026, 4, 13), None),
)


def make_staff() -> tuple[Staff, ...]:
    """Every person who was ever employed in the two years, as the PSA numbers its members."""
    staff = []
    for index, (first, last, title, fte, technical, wage, hired, left) in enumerate(PEOPLE):
        rate = (Decimal(wage) / Decimal(167)).quantize(Decimal("0.01"))
        staff.append(
            Staff(
                id=151 + index,
                identifier=(first[0] + last.replace("-", "")).lower()[:15],
                first_name=first,
                last_name=last,
                title=title,
                fte=Decimal(fte),
                is_technical=technical,
                is_owner=title == "Owner",
                hired_on=hired,
                left_on=left,
                monthly_wage=Decimal(wage) * Decimal(fte),
                hourly_cost=rate,
                created_at=at(hired - timedelta(days=2), 16, 30),
                changed_at=(at(left, 17, 5),) if left else (),
            )
        )
    return tuple(staff)
