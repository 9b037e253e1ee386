"""The warehouse of three businesses, filled once for every test of this folder."""

from collections.abc import Iterator

import pytest

from tests.conftest import a_database
from tests.three_businesses import Warehouse, three_businesses


@pytest.fixture(scope="session")
def warehouse(postgres: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Three businesses extracted, built, checked and reported in one run."""
    with a_database(postgres, template) as url, three_businesses(url, tmp_path_factory.mktemp("var")) as found:
        yield found
