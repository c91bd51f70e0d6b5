"""`syncd sandbox`: the local stand-in for the Digital River API, until a signal comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from syncd.cli.options import Shared, with_shared_options
from syncd.errors import UsageError

if TYPE_CHECKING:
    from syncd.sandbox import SandboxSettings

Host: TypeAlias = Annotated[
    str, typer.Option("--host", help="Where it listens; this machine alone.")
]
Port: TypeAlias = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="0 for any that is free.")
]
Keys: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--key", metavar="KEY", help="Take this key alone; may be repeated."),
]
Rate: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--rate", min=0, metavar="N", help="Requests a second and key; as the vendor's; 0 for any."
    ),
]
Latency: TypeAlias = Annotated[
    str, typer.Option("--latency", metavar="DURATION", help="Answer so much later.")
]
Jitter: TypeAlias = Annotated[
    str, typer.Option("--jitter", metavar="DURATION", help="And at random up to this later.")
]
Faults: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="SPEC",
        help="KIND[=VALUE][:PROBABILITY], such as 503:0.01, lost:0.02 or slow=2s:0.1.",
    ),
]
Seed: TypeAlias = Annotated[int, typer.Option("--seed", metavar="N", help="Of faults and jitter.")]
_EXAMPLE_KEY: Final = "sk_test_sandbox"
_SNIPPET: Final = """\
The sandbox answers at {url} and takes {keys}. To use it, put this into config.toml:

[digital_river]
base_url = "{url}"
api_key = "{example}"

Stop it with Ctrl-C; what it holds is then gone.
"""


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("sandbox")(with_shared_options(_sandbox))


def _sandbox(
    shared: Shared,
    host: Host = "127.0.0.1",
    port: Port = 8080,
    key: Keys = None,
    rate: Rate = None,
    latency: Latency = "0",
    jitter: Jitter = "0",
    fault: Faults = None,
    seed: Seed = 0,
) -> None:
    """Serve a local stand-in for the Digital River API until SIGINT or SIGTERM."""
    from syncd.cli.session import log_to_stderr
    from syncd.sandbox import SandboxSettings, parse_fault, serve

    log_to_stderr(shared)
    settings = SandboxSettings(
        host=host,
        port=port,
        keys=frozenset(key or ()),
        rate_limit=rate,
        latency_seconds=_seconds("--latency", latency),
        jitter_seconds=_seconds("--jitter", jitter),
        seed=seed,
        faults=tuple(parse_fault(spec) for spec in fault or ()),
    )
    serve(settings, lambda url: _announce(url, settings))


def _announce(url: str, settings: SandboxSettings) -> None:
    """Give scripts the address on stdout, and people what to do with it on stderr."""
    from syncd.cli.results import write_to_stdout

    keys = "the keys it was given" if settings.keys else "any key that begins with sk_"
    example = min(settings.keys, default=_EXAMPLE_KEY)
    typer.echo(_SNIPPET.format(url=url, keys=keys, example=example), err=True)
    write_to_stdout(f"{url}\n")


def _seconds(option: str, text: str) -> float:
    from syncd.config.values import read_duration

    try:
        return read_duration(text).total_seconds()
    except ValueError as error:
        raise UsageError(f"{option} {text}", f"it {error}", "Correct it") from error
