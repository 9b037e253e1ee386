"""An organization's file of three facts and whatever a test adds to it."""

from pathlib import Path

from warehouse.organizations import Organization, load_organization

FACTS = """\
id: northwind-it
name: Northwind IT
time_zone: America/Chicago
"""


def write(folder: Path, more: str = "", facts: str = FACTS, name: str = "northwind-it.yml") -> Path:
    path = folder / name
    path.write_text(facts + more, encoding="utf-8")
    return path


def load(folder: Path, more: str = "") -> Organization:
    return load_organization(write(folder, more))


def account_rules(*rules: str) -> str:
    return "accounts:\n  rules:\n" + "".join(
        "    - {{metric: {}, match: {}, pattern: {}}}\n".format(*rule.split(" ", 2)) for rule in rules
    )
