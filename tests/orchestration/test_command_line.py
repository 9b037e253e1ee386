"""What a person meets who mistypes, misconfigures, or asks for what is not there. No vendor is needed for any of it."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from orchestration import pipeline, sandbox_process
from orchestration.selection import chosen_organizations
from tests.command import qbr
from tests.installation import installed
from warehouse.settings import PROJECT_ROOT, get_settings

AS_OF = "2026-07-06T14:00:00Z"


@pytest.fixture(scope="module")
def installation(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demonstration's organization in a database that no run has filled yet."""
    folder = tmp_path_factory.mktemp("installation")
    (folder / "config").mkdir()
    shutil.copy(PROJECT_ROOT / "config" / "demo-msp.yml", folder / "config")
    with installed(module_database_url, folder / "var", folder / "config", as_of=AS_OF, builds=True):
        pipeline.prepare(chosen_organizations())
        yield module_database_url


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("run --period 2026-13", "'2026-13' is not a month; write it as YYYY-MM"),
        ("run --period 2026-Q1", "'2026-Q1' is not a month"),
        ("run --quarter 2026-Q5", "'2026-Q5' is not a quarter; write it as YYYY-Qn"),
        ("run --quarter 2026-Q1 --period 2026-01", "--period or --quarter, not both"),
        ("run --period 2026-08", "2026-08 has not begun for demo-msp, where it is 2026-07"),
        ("run --quarter 2020-Q1", "2020-Q1 lies before the history of demo-msp, which begins with 2024-07"),
        ("run --organization nobody", "There is no organization 'nobody' in config/ (there are: demo-msp)"),
        ("run --source xero", "There is no source 'xero'. The sources are: connectwise, ninjaone"),
        ("extract xero", "There is no source 'xero'"),
        ("extract stripe tickets", "stripe has no stream 'tickets'. Its streams are: customers"),
        ("extract stripe --period 2026-08", "2026-08 has not begun"),
        ("deck build --quarter 2026-Q4", "2026-Q4 has not begun"),
        ("deck build --quarter 2026-06", "'2026-06' is not a quarter"),
        ("explain mrr --period June", "'June' is not a month"),
        ("export", "Name at least one metric or mart"),
        ("export mrr --format docx", "'docx' is no format; choose one of csv, xlsx, parquet"),
        ("export mrr --from 2026-06 --to 2026-01", "2026-06 is after 2026-01"),
        ("export mrr --from 2026-06 --to 2026-Q3", "both months or both quarters"),
        ("export mrr --client a --every-client", "not both"),
        ("connect xero", "There is no source 'xero'"),
    ],
)
def test_a_question_that_cannot_be_is_answered_in_a_sentence_and_nothing_is_done(
    installation: str, typed: str, told: str
) -> None:
    before = rows(installation)
    ended = qbr(*typed.split())
    assert ended.exit_code == 2
    assert told in ended.sentence
    assert ended.sentence.startswith("qbr: ")
    assert "was done." in ended.sentence or "was shown." in ended.sentence
    assert not ended.out
    assert rows(installation) == before


@pytest.mark.parametrize("typed", ["metrics", "metrics --json", "explain rhem --period 2026-Q2"])
def test_before_the_first_run_a_question_is_answered_with_what_to_do(installation: str, typed: str) -> None:
    ended = qbr(*typed.split())
    assert (ended.exit_code, ended.out) == (2, "")
    assert ended.sentence.endswith("Run `qbr run` first.")


@pytest.mark.parametrize("typed", ["", "deck", "import", "extract", "explain rhem", "init", "deck build", "nonsense"])
def test_an_incomplete_command_is_a_usage_error(installation: str, typed: str) -> None:
    ended = qbr(*typed.split())
    assert ended.exit_code == 2
    assert "Usage: qbr" in ended.err
    assert not ended.out


def test_keys_that_nobody_types_leave_the_source_as_it_was(installation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    ended = qbr("connect", "stripe")
    assert ended.exit_code == 2
    assert "stripe was not connected for demo-msp; a sign-in stored earlier stays" in ended.sentence
    assert "QBR_STRIPE_" in ended.sentence


def test_a_source_that_was_never_connected_cannot_be_disconnected(installation: str) -> None:
    ended = qbr("disconnect", "stripe")
    assert ended.exit_code == 2
    assert "stripe is not connected for demo-msp" in ended.sentence


def test_a_source_that_is_not_connected_fails_with_the_way_to_connect_it(installation: str) -> None:
    ended = qbr("extract", "stripe", "products")
    assert ended.exit_code == 2
    assert (
        "stripe is not connected for demo-msp, so nothing was read from it. Run `qbr connect stripe" in ended.sentence
    )


# The database and the installation


def refused(address: str) -> str:
    """The sentence of every command that needs the database; all say the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QBR_DATABASE_URL", address)
        get_settings.cache_clear()
        endings = {qbr(*typed.split()) for typed in ("run", "build", "metrics", "extract stripe", "disconnect stripe")}
    get_settings.cache_clear()
    assert {ended.exit_code for ended in endings} == {2}
    sentences = {ended.sentence for ended in endings}
    assert len(sentences) == 1
    return sentences.pop()


def test_a_wrong_database_password_is_told_without_the_password(installation: str) -> None:
    host = psycopg.conninfo.conninfo_to_dict(installation)
    told = refused(f"postgresql://nobody:hunter-two@{host['host']}:{host['port']}/{host['dbname']}")
    assert 'refused the connection (password authentication failed for user "nobody")' in told
    assert "so nothing more was read or written" in told
    assert "hunter" not in told


def test_a_database_that_is_down_is_told_with_its_place(installation: str) -> None:
    told = refused("postgresql://qbr:hunter-two@127.0.0.1:1/qbr")
    assert "Postgres at 127.0.0.1:1, database qbr, refused the connection (Connection refused)" in told
    assert "hunter" not in told


def test_a_database_that_does_not_exist_is_told_by_name(installation: str) -> None:
    told = refused(installation.rsplit("/", 1)[0] + "/nowhere")
    assert 'database "nowhere" does not exist' in told


def test_a_database_that_no_run_has_set_up_is_no_surprise(installation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox runs, as after a demonstration, and the database is a new one: nothing is connected in it yet."""
    monkeypatch.setenv("QBR_DATABASE_URL", installation.rsplit("/", 1)[0] + "/postgres")
    monkeypatch.delenv("QBR_AS_OF")
    monkeypatch.setattr(sandbox_process, "running", lambda _: sandbox_process.Sandbox(port=1, pid=0, seed=7))
    get_settings.cache_clear()
    ended = qbr("metrics")
    get_settings.cache_clear()
    assert (ended.exit_code, ended.out) == (2, "")
    assert ended.sentence.endswith("Run `qbr run` first.")


def test_an_address_that_is_none_is_told_without_quoting_it(installation: str) -> None:
    told = refused("Server=localhost;Password=hunter-two")
    assert "QBR_DATABASE_URL is not an address of a Postgres database, so nothing was done" in told
    assert "hunter" not in told


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("QBR_POSTGRES_PORT", "none", "QBR_POSTGRES_PORT cannot be used: input should be a valid integer"),
        ("QBR_SECRET_KEY", "hunter-two", "QBR_SECRET_KEY is not 32 bytes in url-safe base64"),
        ("QBR_AS_OF", "yesterday", "QBR_AS_OF cannot be used"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_its_value_is_not(
    installation: str, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, told: str
) -> None:
    monkeypatch.setenv(setting, value)
    get_settings.cache_clear()
    ended = qbr("run")
    get_settings.cache_clear()
    assert ended.exit_code == 2
    assert told in ended.sentence
    assert "Nothing was done." in ended.sentence
    assert value not in ended.sentence


@pytest.mark.parametrize("typed", ["run", "metrics", "doctor"])
def test_a_var_folder_that_cannot_be_written_is_told_by_its_path(
    installation: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: str
) -> None:
    """A file where the folder should be: that fails for root as well, whom no mode bits stop."""
    (tmp_path / "taken").write_text("")
    monkeypatch.delenv("QBR_DATABASE_URL")
    monkeypatch.setenv("QBR_VAR_DIR", str(tmp_path / "taken" / "var"))
    get_settings.cache_clear()
    ended = qbr(typed)
    get_settings.cache_clear()
    assert ended.exit_code == 2
    assert str(tmp_path / "taken" / "var") in ended.sentence
    assert "Not a directory" in ended.sentence
    assert "QBR_VAR_DIR" in ended.sentence


# Files that people write


def test_every_mistake_in_a_configuration_is_named_with_its_line_and_key(
    installation: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = (PROJECT_ROOT / "config" / "demo-msp.yml").read_text()
    text = text.replace("time_zone: America/Chicago", "time_zone: Mars/City").replace("service_boards", "servce_boards")
    (tmp_path / "demo-msp.yml").write_text(text)
    monkeypatch.setenv("QBR_CONFIG_DIR", str(tmp_path))
    get_settings.cache_clear()
    ended = qbr("run")
    get_settings.cache_clear()
    zone, boards = (1 + line_of(text, word) for word in ("Mars/City", "servce_boards"))
    assert ended.exit_code == 2
    assert f"demo-msp.yml, line {zone}: time_zone must be an IANA time zone" in ended.sentence
    assert f"line {boards}: tickets.servce_boards is not a key here; did you mean service_boards?" in ended.sentence
    assert ended.sentence.endswith("Nothing was done. docs/configuration.md explains every key.")


def line_of(text: str, word: str) -> int:
    return next(number for number, line in enumerate(text.splitlines()) if word in line)


def test_every_bad_line_of_a_csv_file_is_named_and_nothing_is_imported(installation: str, tmp_path: Path) -> None:
    path = tmp_path / "figures.csv"
    path.write_text(
        "period,metric,value,note\n2026-06,employees,20,\n2026-13,mrr,1,\n2026-06,mrx,2,\n"
        '2026-06,mrr,"1,234",\n2026-06,nrr,5,a,b\n2026-08,nrr,5,\n'
    )
    ended = qbr("import", "manual", str(path))
    assert ended.exit_code == 2
    for line, words in {
        3: "'2026-13' is not a month",
        4: "'mrx' is no metric of the catalogue",
        5: "mrr must be a number such as 1234.50",
        6: "has 5 cells for 4 columns",
        7: "2026-08 has not begun yet",
    }.items():
        assert f"line {line}: {words}" in ended.sentence
    assert "line 2:" not in ended.sentence
    assert f"Nothing of {path} was imported." in ended.sentence
    assert rows(installation)["app.manual_metrics"] == 0


@pytest.mark.parametrize(
    ("name", "told"), [("nothing.csv", "No such file or directory"), (".", "Is a directory")], ids=["missing", "folder"]
)
def test_a_file_that_cannot_be_read_is_named(installation: str, tmp_path: Path, name: str, told: str) -> None:
    ended = qbr("import", "manual", str(tmp_path / name))
    assert ended.exit_code == 2
    assert f"cannot be read ({told}), so nothing was imported." in ended.sentence


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["Bad Id"], "id must be written like northwind-it (small letters, digits, hyphens); 'Bad Id' is not."),
        (["x", "--time-zone", "Mars/City"], "time_zone must be an IANA time zone such as America/Chicago"),
    ],
    ids=["id", "time zone"],
)
def test_init_refuses_what_a_file_could_not_hold(installation: str, typed: list[str], told: str) -> None:
    ended = qbr("init", *typed, "--name", "Anybody")
    assert ended.exit_code == 2
    assert told in ended.sentence
    assert ended.sentence.endswith("No file was written.")
    assert [path.name for path in get_settings().config_dir.iterdir()] == ["demo-msp.yml"]


def test_init_never_writes_over_a_file(installation: str) -> None:
    path = get_settings().config_dir / "demo-msp.yml"
    before = path.read_text()
    ended = qbr("init", "demo-msp", "--name", "Another")
    assert ended.exit_code == 2
    assert "demo-msp.yml exists already and was left as it is" in ended.sentence
    assert path.read_text() == before


def rows(url: str) -> dict[str, int]:
    """How many rows each table holds that a command could write."""
    tables = (
        "raw_meta.extraction_log",
        "raw_meta.cursors",
        "raw_stripe.products",
        "app.manual_metrics",
        "app.audit_log",
    )
    with psycopg.connect(url) as connection:
        return {name: connection.execute(f"select count(*) from {name}").fetchone()[0] for name in tables}
