"""``python -m sandbox``: serve the simulated vendors on loopback."""

import argparse
from datetime import datetime

import uvicorn

from sandbox.app import create_app
from sandbox.clock import parse_instant


def instant(text: str) -> datetime:
    """An instant from the command line, with a message that argparse shows."""
    try:
        return parse_instant(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from problem


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; loopback unless told otherwise")
    parser.add_argument("--seed", type=int, default=7, help="which made-up business to serve")
    parser.add_argument("--now", type=instant, help="where the clock starts, as ISO 8601 with a zone")
    parser.add_argument("--public-base-url", help="the address that clients reach it under, when it is not this one")
    asked = parser.parse_args()
    app = create_app(asked.seed, asked.now, asked.public_base_url)
    uvicorn.run(
        app,
        host=asked.host,
        port=asked.port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        date_header=False,  # the vendors' clocks, which may differ from this machine's, write it
    )


if __name__ == "__main__":
    main()
