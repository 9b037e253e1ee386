"""Drawing decks alone, from snapshots: against pictures, against the floor, in two processes, and 200 of 20 slides.

The naive design draws the same words and values with matplotlib pictures. The floor changes one word in a deck that is
drawn already and zips it again: less than that no deck can cost.
"""

import io
import json
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from bench.figures import Figure, say, seconds, speeds
from bench.peak import peak_bytes
from bench.workshop import Size
from reports.decks.pack import packed
from reports.decks.records import encode_record
from reports.decks.rendering import render
from reports.decks.snapshots import DeckSnapshot, decode, encode
from reports.views.organizations import Client
from warehouse.settings import PROJECT_ROOT

RIVALS = PROJECT_ROOT / ".venv-bench" / "bin" / "python"
DECKS = 6
CLIENTS, SLIDES = 200, 20


def measure(snapshots: Sequence[DeckSnapshot], size: Size) -> list[Figure]:
    """`snapshots` are decks of about ten slides and six charts."""
    documents = [encode(one) for one in snapshots] * (DECKS // len(snapshots) or 1)
    rendered = [render(decode(document)) for document in documents]
    ours, floor, pictures, one, two = [], [], [], [], []
    with tempfile.TemporaryDirectory(prefix="qbr-bench-drawing-") as folder:
        records = Path(folder) / "records.json"
        records.write_text(json.dumps([json.loads(encode_record(deck.record)) for deck in rendered]))
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            list(pool.map(draw, [documents[:1]] * 2))  # imports, once
            for number in range(size.rounds):
                say(f"drawing: round {number + 1} of {size.rounds}")
                ours.append(len(documents) / draw(documents))
                floor.append(len(documents) / rezip([deck.content for deck in rendered]))
                if RIVALS.exists():
                    pictures.append(len(documents) / _pictures(records, Path(folder)))
                began = time.perf_counter()
                pool.submit(draw, documents).result()
                one.append(len(documents) / (time.perf_counter() - began))
                began = time.perf_counter()
                list(pool.map(draw, [documents[::2], documents[1::2]]))
                two.append(len(documents) / (time.perf_counter() - began))
    figures = [speeds("drawing a deck", ours, floor, against="zip of a patched deck")]
    if pictures:
        figures.append(speeds("drawing a deck", ours, pictures, against="a matplotlib picture a chart", target=">= 10"))
    else:
        say("drawing: matplotlib is not installed, so it is left out; `make bench` installs it in .venv-bench")
    figures.append(speeds("drawing in two processes", two, one, against="one process", target=">= 1.6"))
    return [*figures, *(volume(snapshots[0], CLIENTS if size.rounds > 1 else 4))]


def draw(documents: Sequence[bytes]) -> float:
    """Draw them all; the seconds it took."""
    began = time.perf_counter()
    for document in documents:
        render(decode(document))
    return time.perf_counter() - began


def rezip(decks: Sequence[bytes]) -> float:
    """Change a word of each drawn deck and zip it again; the seconds it took."""
    began = time.perf_counter()
    for deck in decks:
        with zipfile.ZipFile(io.BytesIO(deck)) as source:
            parts = {name: source.read(name) for name in source.namelist()}
        parts["ppt/slides/slide1.xml"] = parts["ppt/slides/slide1.xml"].replace(b"review", b"Review")
        packed(parts)
    return time.perf_counter() - began


def volume(snapshot: DeckSnapshot, clients: int) -> list[Figure]:
    """A deck of 20 slides for each client, in two processes: the whole time, and how memory grows on the way."""
    say(f"drawing: {clients} clients of {SLIDES} slides")
    took, peaks = draw_for_clients(snapshot, clients)
    tenth = max(peaks[: max(2, clients // 10)])
    return [
        Figure(f"{clients} clients x {SLIDES} slides, two processes", seconds([took]), target="< 20 min"),
        Figure("  peak memory a process", f"{max(peaks) / 2**20:,.0f} MB", target="< 1 GiB"),
        Figure("  the same after a tenth of them", f"{tenth / 2**20:,.0f} MB", target="flat"),
    ]


def draw_for_clients(snapshot: DeckSnapshot, clients: int) -> tuple[float, list[int]]:
    """Draw a deck of 20 slides for each client, in two processes: the seconds, and the peak bytes after each deck."""
    documents = [encode(_long(snapshot, number)) for number in range(clients)]
    began = time.perf_counter()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        peaks = list(pool.map(_draw_and_weigh, documents))
    return time.perf_counter() - began, peaks


def _long(snapshot: DeckSnapshot, number: int) -> DeckSnapshot:
    """The deck of one more client, its slides repeated until there are 20."""
    slides = [
        replace(
            snapshot.slides[at % len(snapshot.slides)], slide=f"{snapshot.slides[at % len(snapshot.slides)].slide}_{at}"
        )
        for at in range(SLIDES)
    ]
    client = Client(f"client-{number}", f"Client {number}", is_confirmed=True, is_unmatched=False, sources=())
    return replace(snapshot, client=client, slides=tuple(slides))


def _draw_and_weigh(document: bytes) -> int:
    render(decode(document))
    return peak_bytes()


def _pictures(records: Path, folder: Path) -> float:
    command = [str(RIVALS), str(Path(__file__).with_name("with_pictures.py")), str(records), str(folder)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
