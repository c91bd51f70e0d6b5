"""The longer proof: `python -m tests.acceptance.crew`, as many storms as it is asked for."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.acceptance.crew.crew import MEMBERS, crew, ship
from tests.acceptance.crew.storm import weather
from tests.postgres_states import new_account
from tests.sandbox_process import sandbox_process
from tests.servers import own_postgres
from tests.shop import Shop


def main() -> None:
    """Have a new crew on a new server in each storm; what is wrong ends it."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.crew", description=__doc__)
    parser.add_argument("--storms", type=int, default=10)
    parser.add_argument("--skus", type=int, default=1000)
    options = parser.parse_args()
    for number in range(1, options.storms + 1):
        _storm(options.skus)
        sys.stdout.write(f"storm {number}: all is in sync, once each, below the rate\n")
        sys.stdout.flush()


def _storm(skus: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        ship() as launched,
        sandbox_process("--rate", "0") as sandbox,
        own_postgres(connections=20 * MEMBERS) as server,
    ):
        os.environ["CACHE_DIRECTORY"] = str(Path(folder, "cache"))
        shop = Shop(Path(folder), sandbox.url)
        shop.configure()
        with new_account(server) as account, crew(shop, sandbox, account, launched) as aboard:
            weather(aboard, skus)


if __name__ == "__main__":
    main()
