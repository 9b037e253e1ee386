"""A database with marts filled by hand, for everything under reports."""

import psycopg
import pytest

from tests.reports import marts


@pytest.fixture
def warehouse(connection: psycopg.Connection) -> psycopg.Connection:
    """Marts without rows."""
    marts.create(connection)
    connection.commit()
    return connection


@pytest.fixture
def fernhill(warehouse: psycopg.Connection) -> psycopg.Connection:
    """Marts with one organization, complete but for the gaps planted in it."""
    marts.whole_organization(warehouse)
    warehouse.commit()
    return warehouse
