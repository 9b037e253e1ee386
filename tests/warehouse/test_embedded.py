"""The embedded Postgres: made once, found again, started again whatever happened to it."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from warehouse import embedded_home
from warehouse.embedded import EmbeddedPostgres
from warehouse.errors import PostgresUnavailable
from warehouse.settings import PROJECT_ROOT

QUICK = {"fsync": "off"}


@pytest.fixture
def var_dir() -> Iterator[Path]:
    """A folder that an unprivileged user can reach, as a clone in a shared place would be."""
    folder = Path(tempfile.mkdtemp(prefix="qbr-embedded-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(var_dir: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(var_dir, 0, QUICK)
    yield server
    server.remove()


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
        assert row is not None
        return row[0]


def wait_until_gone(pid: int) -> None:
    """Until the kernel has taken the process away; its parent, init, reaps it in its own time."""
    handle = os.pidfd_open(pid)
    try:
        import select

        assert select.select([handle], [], [], 20)[0], f"process {pid} is still there"
    finally:
        os.close(handle)


def test_a_second_start_finds_the_running_server_with_its_data(server: EmbeddedPostgres) -> None:
    url = server.start()
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 42 as answer")
    pid = server.status().pid
    assert server.start() == url
    assert server.status().pid == pid
    assert ask(url, "select answer from kept") == 42


def test_data_survives_a_stop(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.start()) as connection:
        connection.execute("create table kept as select 42 as answer")
    assert server.stop()
    assert not server.status().is_running
    assert not server.stop(), "there was nothing left to stop"
    assert ask(server.start(), "select answer from kept") == 42


def test_it_listens_on_loopback_only_and_asks_for_the_password_of_a_private_file(
    server: EmbeddedPostgres, var_dir: Path
) -> None:
    url = server.start()
    assert ask(url, "show listen_addresses") == "127.0.0.1"
    assert ask(url, "show unix_socket_directories") == ""
    assert ask(url, "show jit") == "off"
    password = var_dir / "postgres" / "password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(password.read_text(), "guessed"))


def test_only_the_random_password_is_hashed_once(server: EmbeddedPostgres) -> None:
    """Connecting costs half without the rounds, which only a password that somebody chose needs."""
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("create role analyst login password 'chosen by a person'")
        found = connection.execute(
            "select rolname, split_part(rolpassword, ':', 1) from pg_authid where rolcanlogin order by rolname"
        ).fetchall()
    assert [(role, verifier.split("$")[:2]) for role, verifier in found] == [
        ("analyst", ["SCRAM-SHA-256", "4096"]),
        ("qbr", ["SCRAM-SHA-256", "1"]),
    ]


def test_a_killed_server_with_its_stale_pid_file_starts_again(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.start()) as connection:
        connection.execute("create table kept as select 42 as answer")
    pid = server.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    assert (server.status().data_dir / "postmaster.pid").exists()
    assert ask(server.start(), "select answer from kept") == 42


def test_a_pid_file_whose_number_went_to_another_program_does_not_stop_the_start(server: EmbeddedPostgres) -> None:
    """A container that restarts hands the same low process ids out again, so the file can name a living stranger."""
    server.start()
    file = server.status().data_dir / "postmaster.pid"
    lines = file.read_text().splitlines()
    server.stop()
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert not server.status().is_running
    assert ask(server.start(), "select 1") == 1


def test_a_taken_port_is_left_alone_and_the_chosen_one_is_remembered(var_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = EmbeddedPostgres(var_dir, taken.getsockname()[1], QUICK)
        try:
            chosen = psycopg.conninfo.conninfo_to_dict(server.start())["port"]
            assert chosen != str(taken.getsockname()[1])
            server.stop()
            taken.close()
            assert psycopg.conninfo.conninfo_to_dict(server.start())["port"] == chosen
        finally:
            server.remove()


def test_two_processes_that_start_at_once_share_one_server(var_dir: Path, server: EmbeddedPostgres) -> None:
    script = "import sys; from pathlib import Path; from warehouse.embedded import EmbeddedPostgres; "
    script += "print(EmbeddedPostgres(Path(sys.argv[1]), int(sys.argv[2]), {'fsync': 'off'}).start())"

    def start(_: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", script, str(var_dir), "0"],
            cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    with ThreadPoolExecutor(3) as pool:
        addresses = set(pool.map(start, range(3)))
    assert len(addresses) == 1
    assert ask(addresses.pop().strip(), "select 1") == 1


def test_a_lost_password_is_told_with_its_cure(server: EmbeddedPostgres, var_dir: Path) -> None:
    server.start()
    file = var_dir / "postgres" / "password"
    password = file.read_text()
    file.unlink()
    with pytest.raises(PostgresUnavailable, match=r"password .* is gone .* Restore the file"):
        server.start()
    file.write_text(password)


def test_a_start_that_fails_names_postgres_own_reason_and_the_log(var_dir: Path) -> None:
    server = EmbeddedPostgres(var_dir, 0, {"shared_buffers": "lots"})
    with pytest.raises(PostgresUnavailable, match=r'"shared_buffers".*Its log is .*postgres\.log'):
        server.start()
    server.remove()


def test_data_of_another_release_is_refused_before_it_is_touched(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    file = server.status().data_dir / "PG_VERSION"
    made_by = file.read_text()
    file.write_text("15\n")
    with pytest.raises(PostgresUnavailable, match=r"made by Postgres 15, and this installation brings 18"):
        server.start()
    file.write_text(made_by)
    server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its server to another user")
def test_root_with_a_closed_home_folder_keeps_data_and_binaries_outside_of_it(
    var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone in /root: the server's user can reach neither its folder nor the wheel in its virtual environment."""
    home = var_dir / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setattr(embedded_home, "OUTSIDE", var_dir / "outside")
    site_packages = home / "site-packages"
    original = embedded_home._wheel()
    shutil.copytree(original / "pginstall18", site_packages / original.name / "pginstall18", symlinks=True)
    shutil.copytree(original.parent / f"{original.name}.libs", site_packages / f"{original.name}.libs")
    monkeypatch.setattr(embedded_home, "_wheel", lambda: site_packages / original.name)

    server = EmbeddedPostgres(home / "clone" / "var", 0, QUICK)
    try:
        assert ask(server.start(), "select 1") == 1
        assert server.status().data_dir.is_relative_to(var_dir / "outside")
        assert stat.S_IMODE(home.stat().st_mode) == 0o700, "the closed folder stays closed"
        server.stop()
        assert ask(server.start(), "select 1") == 1
    finally:
        server.remove()
    assert not list((var_dir / "outside").iterdir()), "remove leaves nothing behind"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused by Postgres")
def test_root_without_any_unprivileged_user_is_told_so(monkeypatch: pytest.MonkeyPatch, var_dir: Path) -> None:
    monkeypatch.setattr(embedded_home, "UNPRIVILEGED_USERS", ("nobody-of-that-name",))
    embedded_home._unprivileged_user.cache_clear()
    try:
        with pytest.raises(PostgresUnavailable, match="refuses to run as root"):
            EmbeddedPostgres(var_dir, 0).start()
    finally:
        embedded_home._unprivileged_user.cache_clear()
