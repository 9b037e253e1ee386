"""What can stop a report, and what to do about it.

ReportError
├── UnknownScope   the organization, client or quarter is not in the marts
├── SessionRefused a review session that cannot be written as asked (reports/sessions/errors.py)
│   ├── StaleVersion     somebody else has changed it since
│   └── ReviewFileError  its file says what cannot be
└── DeckBlocked    a failing error check or a ledger that does not tie stands in the way
"""


class ReportError(Exception):
    """A report that cannot be made; the message is one sentence for a person, with the next step."""


class UnknownScope(ReportError):
    """The organization, client or quarter asked for has no rows in the marts."""


class DeckBlocked(ReportError):
    """No deck leaves while an error check fails. `failures` names each check, its subject and its message."""

    def __init__(self, organization_id: str, quarter: str, failures: tuple[str, ...]) -> None:
        self.organization_id = organization_id
        self.quarter = quarter
        self.failures = failures
        checks = "check fails" if len(failures) == 1 else "checks fail"
        super().__init__(
            f"No deck of {organization_id} for {quarter} was written: {len(failures)} error {checks}. "
            + " ".join(f"[{number}] {failure}" for number, failure in enumerate(failures, start=1))
            + " Mend the cause and run again, or have it as a DRAFT: "
            + f"`qbr deck build --quarter {quarter} --force REASON`."
        )
