"""How many decks are drawn in a second: the company's, the clients', and the clients' in one process and in two.

A deck counts when it is written and noted as an artefact. The marts are the demonstration's.
"""

import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench import drawing
from bench.demonstrated import Demonstrated
from bench.figures import Figure, a_second, say, speeds
from bench.workshop import Size, organization
from reports.decks import build_deck
from reports.decks.builder import gather_deck
from reports.views import metrics
from reports.views import organizations as scope
from warehouse.engine import connect
from warehouse.periods import latest_complete_quarter

COMPANY, CLIENTS = 5, 20
"""Decks in one round; of clients as many as there are, up to this."""


def measure(size: Size, demo: Demonstrated) -> list[Figure]:
    """Decks a second by kind, and what a second process brings."""
    chosen = organization()
    quarter = str(latest_complete_quarter(demo.as_of, chosen.time_zone))
    with connect() as connection:
        months = scope.months_until(scope.quarter_facts(connection, chosen.id, quarter).last_complete_month, 3)
        clients = metrics.clients_with_values(connection, chosen.id, months)[:CLIENTS]
        drawn = [gather_deck(connection, "company", chosen.id, quarter)]
        connection.rollback()
    company: list[float] = []
    company_work: list[float] = []
    alone: list[float] = []
    alone_work: list[float] = []
    shared: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="qbr-bench-decks-") as folder,
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool,
    ):
        work = (chosen.id, quarter, folder)
        one, two = clients[::2], clients[1::2]
        list(pool.map(draw_clients, *zip((*work, one[:1]), (*work, two[:1]), strict=True)))  # imports, once
        draw_company(*work, 1)
        for pair in range(size.rounds):
            say(f"decks: round {pair + 1} of {size.rounds}")
            began, worked = time.perf_counter(), time.process_time()
            draw_company(*work, COMPANY)
            company.append(COMPANY / (time.perf_counter() - began))
            company_work.append(COMPANY / (time.process_time() - worked))
            began, worked = time.perf_counter(), time.process_time()
            draw_clients(*work, clients)
            alone.append(len(clients) / (time.perf_counter() - began))
            alone_work.append(len(clients) / (time.process_time() - worked))
            began = time.perf_counter()
            list(pool.map(draw_clients, *zip((*work, one), (*work, two), strict=True)))
            shared.append(len(clients) / (time.perf_counter() - began))
    return [
        Figure("company decks, one process", a_second(company), target=">= 8/s"),
        Figure("  a second of its processor time", a_second(company_work)),
        Figure("client decks, one process", a_second(alone), target=">= 8/s"),
        Figure("  a second of its processor time", a_second(alone_work)),
        speeds("client decks, two processes", shared, alone, against="one process", target=">= 1.6"),
        *drawing.measure(drawn, size),
    ]


def draw_company(organization_id: str, quarter: str, folder: str, times: int) -> None:
    """The company's deck, some times over."""
    with connect() as connection:
        for _ in range(times):
            build_deck(connection, "company", organization_id, quarter, Path(folder))
            connection.commit()


def draw_clients(organization_id: str, quarter: str, folder: str, clients: Sequence[str]) -> None:
    """A deck for each of the clients."""
    with connect() as connection:
        for client_id in clients:
            build_deck(connection, "client", organization_id, quarter, Path(folder), client_id=client_id)
            connection.commit()
