"""What a run does for one stream, in the installation that the settings name; no budget holds it back."""

from bench.records import AS_OF, STREAMS
from bench.workshop import Unlimited, organization
from extractors import open_source, stream
from extractors.contracts import contracts_of
from orchestration.extraction import extract_stream
from orchestration.progress import Quiet

CONNECTIONS = {
    "connectwise": {"company_id": "bench", "public_key": "bench", "private_key": "bench", "client_id": "bench"},
    "stripe": {"api_key": "bench"},
}
ORGANIZATION = organization()


def read(source: str, _url: str, address: str, _records: int) -> None:
    connection = {"base_url": address, **CONNECTIONS[source]}
    with open_source(source, connection, as_of=AS_OF, budget=Unlimited(), contracts=contracts_of(source)) as session:
        outcome = extract_stream(
            session, ORGANIZATION, stream(source, STREAMS[source]), run_id="bench", as_of=AS_OF, progress=Quiet()
        )
    if outcome.error is not None:
        raise SystemExit(outcome.error)
