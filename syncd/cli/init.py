"""`syncd init`: writes a configuration, guessing the mapping from the source's own columns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from syncd.cli.options import Shared, with_shared_options

_OUT: Final = Path("config.toml")

Catalog: TypeAlias = Annotated[
    str,
    typer.Option(
        "--catalog",
        metavar="SOURCE",
        help="A file or glob, a database URL, an address, or a preset such as shopify.",
    ),
]
Table: TypeAlias = Annotated[
    str | None, typer.Option("--table", metavar="TABLE", help="What to read of a database.")
]
Given: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Another key of [catalog]; repeatable."),
]
Mapped: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="ATTRIBUTE=COLUMN", help="Instead of a guess; repeatable."),
]
Out: TypeAlias = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="Where to write the configuration.")
]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", help="Take the guesses without a question.")]
Force: TypeAlias = Annotated[
    bool, typer.Option("--force", help="Replace a file that is there already.")
]
ApiKeyFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--api-key-file", metavar="FILE", help="A file that holds the API key."),
]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("init")(with_shared_options(_init))


def _init(
    shared: Shared,
    catalog: Catalog,
    table: Table = None,
    given: Given = None,
    mapped: Mapped = None,
    out: Out = _OUT,
    yes: Yes = False,
    force: Force = False,
    api_key_file: ApiKeyFile = None,
) -> None:
    """Write a configuration, guessing the mapping from the source's own columns."""
    from syncd.cli.drafts import draft_of
    from syncd.cli.making import Wanted, make
    from syncd.cli.results import Results

    wanted = Wanted(tuple(mapped or ()), out, yes, force, api_key_file)
    wanted.refuse_early()
    results = Results(shared)
    results.listing(make(shared, wanted, draft_of(catalog, table, given or ())))
