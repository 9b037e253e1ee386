from pathlib import Path

import pytest

from tests.warehouse.organization_file import FACTS, account_rules, load, write
from warehouse.organizations import (
    ConfigurationError,
    load_organization,
    load_organizations,
    starter,
)


def complaint(folder: Path, more: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(folder, more)
    return str(caught.value).replace(str(folder), "config")


def test_three_facts_are_enough(tmp_path: Path):
    organization = load(tmp_path)
    assert organization.tickets.closed_statuses == (">Closed", ">Closed - No response", "Closed")
    assert organization.devices.endpoint_excluded_classes == ("VMWARE_VM_GUEST", "HYPERV_VMM_GUEST")
    assert organization.devices.seat_classes == ("WINDOWS_WORKSTATION", "MAC", "LINUX_WORKSTATION")
    assert organization.settings.working_hours_per_month == 167
    assert organization.sources.enabled == ()
    assert organization.alerts["source_stale"].after_hours == 26


def test_an_empty_section_means_its_defaults(tmp_path: Path):
    organization = load(tmp_path, "tickets:\nthresholds:\nsources:\n  ninjaone:\n  stripe: {is_enabled: false}\n")
    assert organization.tickets.service_boards == ("Help Desk",)
    assert organization.sources.enabled == ("ninjaone",)


def test_a_lone_value_is_a_list_of_one(tmp_path: Path):
    assert load(tmp_path, "tickets: {service_boards: Service}\n").tickets.service_boards == ("Service",)


def test_an_alert_rule_that_is_named_keeps_the_rest_of_its_defaults(tmp_path: Path):
    alerts = load(tmp_path, "alerts: {source_stale: {after_hours: 48}, missing_inputs: {is_active: false}}\n").alerts
    assert (alerts["source_stale"].kind, alerts["source_stale"].after_hours) == ("source_stale", 48)
    assert not alerts["missing_inputs"].is_active
    assert alerts["threshold_crossed"].is_active


def test_what_looks_like_a_number_or_a_no_stays_what_was_typed(tmp_path: Path):
    organization = load(
        tmp_path,
        "clients: [{name: Juniper, quickbooks: [079, 1_0]}, {name: NO, stripe: on}]\n"
        "delivery: {quiet_hours: {start: 20:00, end: 07:30}}\n"
        "thresholds: {rhem: {green_max: 0.2}}\n",
    )
    assert organization.clients[0].quickbooks == ("079", "1_0")
    assert organization.clients[1].name == "NO"
    assert organization.delivery.quiet_hours is not None
    assert organization.delivery.quiet_hours.start == "20:00"
    assert str(organization.thresholds["rhem"].green_max) == "0.2"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            "tickets:\n  parents_only: true\n  closed_status: [Done]\n",
            "config/northwind-it.yml, line 6: tickets.closed_status is not a key here; did you mean closed_statuses?",
        ),
        ("locle: en_US\n", "line 4: locle is not a key here; did you mean locale? allowed are id, name,"),
        ("currency: dollars\n", "line 4: currency must be written like USD; 'dollars' is not."),
        ("locale: xx_YY\n", "line 4: locale must be a locale such as en_US or de_CH; 'xx_YY' is not."),
        ("alias: one\n", "line 4: alias must be a whole number; 'one' is not."),
        ("is_active: maybe\n", "line 4: is_active must be true or false; 'maybe' is not."),
        (
            "sources:\n  stripe: {environment: test}\n",
            "line 5: sources.stripe.environment must be one of 'sandbox' or 'production'; 'test' is not.",
        ),
        ("sources: {ninja: {}}\n", "line 4: sources.ninja is not a key here; did you mean ninjaone?"),
        (
            "devices:\n  seat_classes: [MACK]\n",
            "line 5: devices.seat_classes must list NinjaOne device classes, one of",
        ),
        (
            "settings:\n  history_start: 2024\n",
            "line 5: settings.history_start must be a month such as 2024-01; '2024'",
        ),
        (
            "settings:\n  working_hours_per_month: 0\n",
            "line 5: settings.working_hours_per_month is not accepted: input should be greater than 0; it is '0'.",
        ),
        ("brand:\n  primary_color: #16324F\n", "must be text; an empty value is not"),
        (
            "brand:\n  primary_color: blue\n",
            "line 5: brand.primary_color must be written like \"#16324F\", in quotes; 'blue'",
        ),
        (
            "delivery:\n  email: {recipients: [kim]}\n",
            "line 5: delivery.email.recipients.1 must be written like someone@",
        ),
        (
            "delivery:\n  digest: {severities: [critical, low]}\n",
            "line 5: delivery.digest.severities must leave out critical: what is critical goes at once",
        ),
        (
            "delivery:\n  digest: {channels: [slack]}\n",
            "line 5: delivery.digest.channels must leave out slack: its bot keeps one message an alert",
        ),
        (
            "thresholds:\n  net_proft: {green_min: 1}\n",
            "line 5: thresholds.net_proft must name a metric of the catalogue",
        ),
        ("thresholds:\n  rhem: {}\n", "line 5: thresholds.rhem must have green_min, green_max or both."),
        (
            "thresholds:\n  rhem: {green_min: 0.3, green_max: 0.2}\n",
            "line 5: thresholds.rhem must have green_min at or below green_max; 0.3 is above 0.2.",
        ),
        (
            "thresholds:\n  rhem: {green_min: 50, green_max: 70, yellow_min: 60}\n",
            "must have a yellow band that contains the green one; yellow_min 60 cuts into it.",
        ),
        (
            "thresholds:\n  rhem: {green_min: 50, yellow_max: 80}\n",
            "must have a yellow band that contains the green one; yellow_max 80 cuts into it.",
        ),
        (
            "thresholds:\n  rhem: {green_min: 50, green_max: 70, yellow_min: 40, yellow_max: 80, red_threshold: 80}\n",
            "must have red_threshold above yellow_max or below yellow_min; 80 is neither.",
        ),
        (
            "thresholds:\n  rhem: {green_min: 50, red_threshold: 10}\n",
            "must have red_threshold above yellow_max or below yellow_min; 10 is neither.",
        ),
        ("thresholds:\n  rhem: {green_min: 0.00001}\n", "line 5: thresholds.rhem.green_min is not accepted"),
        ("alerts:\n  mine: {severity: high}\n", "line 5: alerts.mine.kind is missing, and has no default."),
        ("alerts:\n  mine: {kind: threshold, metric: x}\n", "line 5: alerts.mine.metric must name a metric"),
        (
            "alerts:\n  mine: {kind: source_stale}\n",
            "line 5: alerts.mine must have after_hours when kind is source_stale",
        ),
        ("clients: [{name: A, stripe: x}, {name: a}]\n", "clients must name each client once; 'a' stands twice."),
        (
            "clients: [{name: A, stripe: x}, {name: B, stripe: x}]\n",
            "clients must map a record to one client; stripe 'x' is given to 'A' and 'B'.",
        ),
        (
            "accounts:\n  rules:\n    - {metric: mrr, match: like, pattern: x}\n",
            "line 6: accounts.rules.1.match must be one",
        ),
        (
            "accounts:\n  rules:\n    - {metric: mrr, match: regex, pattern: '('}\n",
            "line 6: accounts.rules.1 must be a regular",
        ),
        ("tickets: [a]\n", "line 4: tickets must be a group of keys; '['a']' is not."),
        ("tickets: {\n", "line 5: this is not YAML we can read"),
        ("name: Again\n", "line 4: this is not YAML we can read: the key 'name' stands here a second time."),
    ],
)
def test_a_mistake_is_told_with_file_line_key_and_what_is_allowed(tmp_path: Path, more: str, sentence: str):
    assert sentence in complaint(tmp_path, more)


def test_every_mistake_is_told_in_the_order_of_the_file(tmp_path: Path):
    lines = complaint(tmp_path, "currency: x\nbrand: {font: ''}\nalias: 0\n").splitlines()
    assert [line.split(":")[0].rsplit(" ", 1)[1] for line in lines] == ["4", "5", "6"]


def test_a_missing_fact_is_told(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="line 1: time_zone is missing, and has no default"):
        load_organization(write(tmp_path, facts="id: northwind-it\nname: Northwind IT\n"))


def test_an_unknown_time_zone_is_told(tmp_path: Path):
    path = write(tmp_path, facts=FACTS.replace("Chicago", "Chicag"))
    with pytest.raises(ConfigurationError, match="line 3: time_zone must be an IANA time zone such as America/Chicago"):
        load_organization(path)


def test_the_id_must_be_the_name_of_the_file(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="line 1: id must equal the file's name, 'other'"):
        load_organization(write(tmp_path, name="other.yml"))


def test_a_file_that_is_not_there_is_told_with_what_to_do(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="does not exist; `qbr init nobody"):
        load_organization(tmp_path / "nobody.yml")


@pytest.mark.parametrize("text", ["", "- a\n", "just words\n"])
def test_a_file_that_is_no_group_of_keys_is_refused(tmp_path: Path, text: str):
    with pytest.raises(ConfigurationError, match="must be a group of keys"):
        load_organization(write(tmp_path, facts=text))


@pytest.mark.parametrize(
    "rules",
    [
        ("orr contains Recurring Revenue", "nrr exact Non-Recurring Revenue"),
        ("orr contains revenue", "nrr contains Recurring Revenue"),
        ("mrr exact Managed", "nrr exact managed"),
        ("mrr regex ^manag", "nrr exact Managed Services"),
    ],
)
def test_a_rule_behind_a_broader_one_could_never_apply_and_is_refused(tmp_path: Path, rules: tuple[str, ...]):
    message = complaint(tmp_path, account_rules(*rules))
    assert "accounts.rules must stand most specific first: rule 2" in message


def test_the_specific_rule_may_stand_before_the_broad_one(tmp_path: Path):
    rules = load(
        tmp_path, account_rules("nrr exact Non-Recurring Revenue", "orr contains Recurring", "mrr id 79")
    ).accounts
    assert [rule.metric for rule in rules.rules] == ["nrr", "orr", "mrr"]


def test_every_file_of_the_folder_is_read(tmp_path: Path):
    write(tmp_path)
    write(tmp_path, facts=FACTS.replace("northwind", "southwind"), name="southwind-it.yml")
    (tmp_path / "notes.txt").write_text("not an organization")
    assert [organization.id for organization in load_organizations(tmp_path)] == ["northwind-it", "southwind-it"]


def test_two_organizations_cannot_share_an_alias(tmp_path: Path):
    write(tmp_path, "alias: 1\n")
    write(tmp_path, "alias: 1\n", facts=FACTS.replace("northwind", "southwind"), name="southwind-it.yml")
    with pytest.raises(ConfigurationError, match="alias 1 is taken by 'northwind-it'"):
        load_organizations(tmp_path)


def test_mistakes_of_all_files_are_told_at_once(tmp_path: Path):
    write(tmp_path, "currency: x\n")
    write(tmp_path, "currency: y\n", facts=FACTS.replace("northwind", "southwind"), name="southwind-it.yml")
    with pytest.raises(ConfigurationError, match=r"(?s)northwind-it\.yml, line 4.*southwind-it\.yml, line 4"):
        load_organizations(tmp_path)


@pytest.mark.parametrize("name", ["Northwind IT", 'Quote " and: colon #1', "Café Ünïcode & Söhne", "no", "$HOME"])
def test_a_starter_file_loads_as_it_is(tmp_path: Path, name: str):
    path = write(tmp_path, facts=starter("northwind-it", name, "Europe/Berlin"))
    organization = load_organization(path)
    assert (organization.name, organization.time_zone) == (name, "Europe/Berlin")
    assert organization.sources.enabled == ()


def test_a_starter_file_is_valid_with_its_examples_switched_on(tmp_path: Path):
    text = starter("northwind-it", "Northwind IT", "UTC")
    text = text.replace("sources: {}\n", "sources:\n").replace("  rules: []\n", "  rules:\n")
    text = text.replace("clients: []\n", "clients:\n").replace("  managed_types: []\n", "")
    lines = [f"{line[1:]}" if line.startswith("#  ") else line for line in text.splitlines()]
    organization = load_organization(write(tmp_path, facts="\n".join(lines)))
    assert organization.sources.enabled == ("ninjaone", "connectwise", "stripe", "quickbooks", "opsdb")
    assert organization.sources.opsdb
    assert list(organization.sources.opsdb.tables) == ["leads"]
    assert len(organization.accounts.rules) == 6
    assert organization.agreements.managed_types == ("Managed Services",)
    assert organization.clients[0].connectwise == ("19301",)


@pytest.mark.parametrize(("organization_id", "zone"), [("Northwind IT", "UTC"), ("northwind-it", "Mars/Base")])
def test_no_starter_is_made_for_facts_that_would_not_load(organization_id: str, zone: str):
    with pytest.raises(ConfigurationError, match="must be"):
        starter(organization_id, "Northwind IT", zone)
