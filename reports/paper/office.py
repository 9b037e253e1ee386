"""LibreOffice as a printer: several decks by one process, which takes longer to start than to print."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

PROGRAMS = ("soffice", "libreoffice")
_SECONDS = 60
"""For the first deck; each further one may take a tenth of it more."""


class OfficeFailed(Exception):
    """LibreOffice did not print; the message is what it said last."""


def installed() -> str | None:
    """Where LibreOffice is, if it is installed."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def print_with_office(program: str, decks: Sequence[Path], folder: Path) -> list[Path]:
    """A PDF of each deck in `folder`, in their order. Raises OfficeFailed."""
    with tempfile.TemporaryDirectory(prefix="qbr-office-") as home:
        command = [program, f"-env:UserInstallation={Path(home).as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", "pdf", "--outdir", str(folder), *map(str, decks)]
        try:
            ended = subprocess.run(
                command, capture_output=True, text=True, timeout=_SECONDS + len(decks) * _SECONDS / 10, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OfficeFailed(f"{Path(program).name} did not answer ({type(error).__name__})") from error
    made = [folder / f"{deck.stem}.pdf" for deck in decks]
    if lacking := [path.name for path in made if not path.is_file()]:
        said = (ended.stderr.strip() or ended.stdout.strip() or "nothing").splitlines()[-1]
        raise OfficeFailed(f"{Path(program).name} did not write {lacking[0]}; it said: {said}")
    return made
