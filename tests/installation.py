"""An installation of a test's own: settings that point to its database and folders, for as long as the test runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.parsed_project import give_parsed
from warehouse.settings import PROJECT_ROOT, get_settings


@contextmanager
def installed(
    database_url: str,
    var_dir: Path,
    config_dir: Path = PROJECT_ROOT / "config",
    *,
    builds: bool = False,
    **settings: str,
) -> Iterator[None]:
    """Settings for this process and the ones it starts; further ones by name, such as ``as_of``.

    One that `builds` has the dbt project parsed already.
    """
    chosen = {
        **{f"QBR_{name.upper()}": value for name, value in settings.items()},
        "QBR_DATABASE_URL": database_url,
        "QBR_VAR_DIR": str(var_dir),
        "QBR_CONFIG_DIR": str(config_dir),
    }
    if builds:
        give_parsed(database_url, var_dir / "dbt")
    before = {name: os.environ.get(name) for name in chosen}
    os.environ.update(chosen)
    get_settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        get_settings.cache_clear()
