"""What `syncd status` loads: every command starts this way, and people wait for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ANOTHERS: Final = {
    "alembic",
    "apprise",
    "duckdb",
    "httpx",
    "jinja2",
    "psycopg",
    "starlette",
    "syncd.cli.audit",
    "syncd.cli.sandbox",
    "syncd.service.audit",
    "syncd.service.deliver",
    "syncd.service.look_up",
    "syncd.web",
}
"""What other commands need, or a state that must be migrated."""
STARTED: Final = """
import atexit, gc, json, sys
from syncd.cli.app import main

def searched():
    return sum(one["collections"] for one in gc.get_stats())

def sections(base):
    for one in base.__subclasses__():
        yield from (one, *sections(one))

def tell():
    found["searches"] = searched() - before
    found["left_to_search"] = len(gc.get_objects())
    print(json.dumps(found), file=sys.stderr)

found = {}
atexit.register(tell)
before = searched()
try:
    main()
except SystemExit as end:
    from pydantic.plugin import _loader
    from syncd.config import load, parts_of_meaning
    from syncd.config.section import Section
    found |= {"code": end.code, "modules": list(sys.modules), "plugins": _loader._plugins}
    parts_of_meaning(load(None))
    found["sections"] = [one.__name__ for one in sections(Section) if one.__pydantic_complete__]
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("start")
    write_configuration(folder)
    command = [sys.executable, "-c", STARTED, "status"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    found: dict[str, object] = json.loads(ended.stderr.splitlines()[-1])
    return found


def write_configuration(folder: Path) -> None:
    folder.joinpath("config.toml").write_text(
        '[catalog]\ntype = "file"\npath = "catalog.csv"\n[catalog.mapping]\nid = "sku"\n'
        'manufacturer_id = "maker"\npart_number = "mpn"\n'
        '[digital_river]\nbase_url = "http://127.0.0.1:1"\napi_key = "sk_test_none"\n'
    )


def test_status_loads_nothing_that_other_commands_need(started: dict[str, object]) -> None:
    modules = started["modules"]

    assert started["code"] == 0
    assert isinstance(modules, list)
    assert ANOTHERS & set(modules) == set()


def test_settings_are_read_and_digested_as_a_whole_and_no_section_is_built_by_itself(
    started: dict[str, object],
) -> None:
    assert started["sections"] == ["Settings"]


def test_no_package_is_asked_for_plugins(started: dict[str, object]) -> None:
    assert started["plugins"] is None


def test_nothing_that_was_just_loaded_is_searched_for_rings(started: dict[str, object]) -> None:
    assert started["searches"] == 0


def test_nothing_is_searched_for_rings_at_the_end(started: dict[str, object]) -> None:
    left = started["left_to_search"]

    assert isinstance(left, int)
    assert left < 100


def test_the_engine_has_nothing_to_say_at_the_end() -> None:
    code = "import duckdb; from syncd.cli.app import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, check=True
    )

    assert ended.stderr == b""


def test_a_closed_stderr_keeps_nothing_from_being_told(tmp_path: Path) -> None:
    write_configuration(tmp_path)
    command = ["sh", "-c", 'exec "$0" -m syncd status 2>&-', sys.executable]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert ended.stdout.startswith("No cycle has run yet.")
