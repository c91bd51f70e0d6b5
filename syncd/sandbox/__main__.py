"""Starts the sandbox as a process of its own: `python -m syncd.sandbox`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import orjson

from syncd.errors import SyncdError
from syncd.sandbox.faults import parse_fault
from syncd.sandbox.server import serve
from syncd.sandbox.settings import SandboxSettings


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal comes; one JSON line, on stdout or in --ready-file, tells the URL."""
    options = _parser().parse_args(arguments)
    try:
        serve(_settings(options), _announcer(options.ready_file))
    except SyncdError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _settings(options: argparse.Namespace) -> SandboxSettings:
    return SandboxSettings(
        host=options.host,
        port=options.port,
        keys=frozenset(options.key),
        rate_limit=options.rate,
        retry_after=not options.no_retry_after,
        latency_seconds=options.latency,
        jitter_seconds=options.jitter,
        seed=options.seed,
        forbidden=frozenset(options.forbid),
        faults=tuple(parse_fault(text) for text in options.fault),
        null_clears=not options.refuse_null,
        keep_answers=options.keep_answers,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m syncd.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--rate", type=int)
    parser.add_argument("--no-retry-after", action="store_true")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--jitter", type=float, default=0.0, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--forbid", action="append", default=[], metavar="RESOURCE")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND[=VALUE]:PROBABILITY")
    parser.add_argument("--refuse-null", action="store_true")
    parser.add_argument("--keep-answers", action="store_true")
    parser.add_argument("--ready-file", type=Path)
    return parser


def _announcer(ready_file: Path | None) -> Callable[[str], None]:
    def announce(url: str) -> None:
        line = orjson.dumps({"url": url}).decode() + "\n"
        if ready_file is None:
            sys.stdout.write(line)
            sys.stdout.flush()
        else:
            partial = ready_file.with_suffix(".partial")
            partial.write_text(line, encoding="utf-8")
            partial.replace(ready_file)

    return announce


if __name__ == "__main__":
    sys.exit(main())
