"""What can go wrong on the Postgres side, as one small tree.

WarehouseError
├── SettingsUnusable      a setting of the installation is not what it must be
├── PostgresUnavailable   no server to talk to: not started, not startable, refused
├── BudgetExhausted       a limit of requests a month is reached (warehouse/request_budgets.py)
├── StreamBusy            another run of the same stream of the same organization is under way
└── LateWriter            a newer run of the stream took over; this one's batch was not written

Every message names what happened, to what, and what to do next; none holds a password.
"""


class WarehouseError(Exception):
    """Something the warehouse could not do, told as a sentence for a person."""


class SettingsUnusable(WarehouseError, ValueError):
    """A setting of the installation cannot be used. The message names the setting, never its value."""


class PostgresUnavailable(WarehouseError):
    """There is no Postgres to talk to."""


class StreamBusy(WarehouseError):
    """Another run of this stream of this organization is under way."""

    worth_retrying = True


class LateWriter(WarehouseError):
    """A newer run of this stream took over, so this run's batch was refused."""
