"""Serves the download page. Addresses hold secrets, so no server log of requests is kept; uses are noted by link."""

import argparse

import uvicorn

from portal.app import application
from warehouse.settings import get_settings


def main() -> None:
    """Serve until stopped."""
    settings = get_settings()
    options = argparse.ArgumentParser(prog="python -m portal", description="Serve the download page.")
    options.add_argument("--host", default=settings.portal_host)
    options.add_argument("--port", type=int, default=settings.portal_port)
    chosen = options.parse_args()
    uvicorn.run(
        application(settings),
        host=chosen.host,
        port=chosen.port,
        access_log=False,
        server_header=False,
        # The visitor's own address comes from a proxy in front only where one was named.
        proxy_headers=settings.portal_proxies is not None,
        forwarded_allow_ips=settings.portal_proxies or "",
        log_level="warning",
    )


if __name__ == "__main__":
    main()
