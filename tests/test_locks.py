"""The locks are what both uv and pip can install from."""

import re
import tomllib

import pytest

from warehouse.settings import PROJECT_ROOT

PROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())
ASKED = {
    "requirements.lock": [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]],
    "requirements-bench.lock": PROJECT["dependency-groups"]["bench"],
}


@pytest.mark.parametrize("lock", ASKED)
def test_a_lock_names_the_extras_it_was_made_for(lock: str) -> None:
    """Without them pip, which does the work where uv cannot, takes the extra for a package that is not pinned."""
    text = (PROJECT_ROOT / lock).read_text()
    extras = [found[0] for line in ASKED[lock] if (found := re.match(r"[\w.-]+\[[\w,-]+\]", line))]
    assert extras
    assert [one for one in extras if f"\n{one}==" not in f"\n{text}"] == []


@pytest.mark.parametrize("lock", ASKED)
def test_a_lock_pins_every_package_by_hash_and_names_no_index(lock: str) -> None:
    text = (PROJECT_ROOT / lock).read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 10
    assert [one.split()[0] for one in entries if "==" not in one.split()[0] or "--hash=sha256:" not in one] == []
    assert "://" not in text
