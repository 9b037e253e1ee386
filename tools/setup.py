"""Make ``.venv`` hold exactly what ``requirements.lock`` names; with the word ``bench``, ``.venv-bench`` beside it.

Standard library only: it runs before anything is installed. uv does the installing when it can be had (it is
itself in the lock), else pip. Nothing happens when the lock has not changed since the last time.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RIVALS = sys.argv[1:] == ["bench"]  # what the benchmarks are held against, kept apart from what we run on
LOCK = ROOT / ("requirements-bench.lock" if RIVALS else "requirements.lock")
VENV = ROOT / (".venv-bench" if RIVALS else ".venv")
BIN = VENV / "bin"
SUPPORTED = ((3, 11), (3, 14))  # dagster-dbt has no release for 3.14 yet


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def supported_python() -> str:
    """The interpreter to build on: this one, or the newest supported one on PATH."""
    if SUPPORTED[0] <= sys.version_info[:2] < SUPPORTED[1]:
        return sys.executable
    for minor in (13, 12, 11):
        if found := shutil.which(f"python3.{minor}"):
            return found
    version = ".".join(map(str, sys.version_info[:2]))
    raise SystemExit(
        f"setup: Python {version} cannot run this project and no python3.11, 3.12 or 3.13 is on PATH. "
        "Install one of them and run the same command again; nothing was changed."
    )


def wanted(python: str) -> str:
    """A fingerprint of what should be installed."""
    facts = LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + python.encode()
    return hashlib.sha256(facts).hexdigest()


def lines_of(package: str) -> str:
    """The lock's own lines for one package, hashes included."""
    found = re.search(rf"(?m)^{package}==(?:.*\\\n)+.*$", LOCK.read_text())
    return found.group(0) + "\n" if found else ""


def quietly(*command: str) -> bool:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def installer() -> list[str]:
    """The command that installs into the new environment."""
    ours = ROOT / ".venv" / "bin" / "uv"
    if not (uv := shutil.which("uv")) and RIVALS and ours.exists():
        uv = str(ours)
    if not uv:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
            only_uv.write(lines_of("uv"))
            only_uv.flush()
            got = quietly(
                str(BIN / "python"), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", only_uv.name
            )
        uv = str(BIN / "uv") if got else None
    if uv:
        return [uv, "pip", "install", "--python", str(BIN / "python")]
    say("uv could not be had; pip does the work and takes a few minutes longer")
    return [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--progress-bar", "off"]


def install(command: list[str]) -> None:
    locked = [*command, "--require-hashes", "-r", str(LOCK)]
    if subprocess.run(locked, cwd=ROOT, check=False).returncode and "pip" not in Path(command[0]).name:
        say("uv could not install the lock; trying pip")
        command = [str(BIN / "python"), "-m", "pip", "install", "--progress-bar", "off"]
        if subprocess.run([*command, "--require-hashes", "-r", str(LOCK)], cwd=ROOT, check=False).returncode:
            raise SystemExit(
                f"setup: the packages in {LOCK.name} could not be installed; the lines above name the first one that "
                "failed. Check the network and the package index, then run the same command again."
            )
    if not RIVALS:
        subprocess.run([*command, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], cwd=ROOT, check=True)


def main() -> None:
    python = supported_python()
    stamp = VENV / "installed.sha256"
    if stamp.exists() and stamp.read_text() == wanted(python):
        return
    began = time.monotonic()
    if not (BIN / "python").exists() or not quietly(str(BIN / "python"), "-m", "pip", "--version"):
        say(f"creating {VENV.name} with {Path(python).name}")
        made = subprocess.run([python, "-m", "venv", "--clear", str(VENV)], check=False)
        if made.returncode:
            raise SystemExit(
                f"setup: Python could not create {VENV.name}. On Debian and Ubuntu install the package python3-venv, "
                "then run the same command again."
            )
    say("installing the locked packages")
    install(installer())
    # Bytecode now, on every core, saves each later start several seconds.
    subprocess.run(
        [str(BIN / "python"), "-m", "compileall", "-q", "-j", "0", str(VENV / "lib")],
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stamp.write_text(wanted(python))
    say(f"done in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
