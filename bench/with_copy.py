"""The same bytes with no vendor at all: what the database alone takes."""

from bench import copying, records

PAGE = 1000


def read(source: str, url: str, _address: str, count: int) -> None:
    pool = records.tickets() if source == "connectwise" else records.invoices()
    make = records.ticket if source == "connectwise" else records.invoice
    copying.copy_rows(
        url,
        (
            [(str(number).encode(), make(pool, number)) for number in range(start, min(start + PAGE, count))]
            for start in range(0, count, PAGE)
        ),
    )
