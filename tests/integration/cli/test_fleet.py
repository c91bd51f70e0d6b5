"""`syncd fleet`: what is refused before anything is begun."""

from __future__ import annotations

import sys

import pytest

from tests.shop import Shop


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--accounts", "nowhere"), "cannot be looked into"),
        (("--accounts", ".", "--database", "sqlite:///x.db"), "database of PostgreSQL"),
        (("--accounts", ".", "--listen", "0.0.0.0:9464"), "so token has to be set"),
        (("--accounts", ".", "--host", "fleet.example.com"), "--token-file"),
        (("--accounts", ".", "--listen", "nonsense"), "--listen: it must be a host and a port"),
        (("--accounts", ".", "--token-file", "catalog.csv"), "--token-file: it must be at least"),
        (("--accounts", ".", "--token-file", "nowhere"), "cannot be read"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_begun(
    shop: Shop, options: tuple[str, ...], words: str
) -> None:
    there = "postgresql://me:t0ps3cret@127.0.0.1:1/nowhere"
    run = shop.run("fleet", *options, SYNCD_FLEET_DATABASE=there)

    assert (run.code, words in run.stderr) == (2, True), run.stderr
    assert "t0ps3cret" not in run.stderr


def test_a_database_that_cannot_be_reached_is_said_and_the_exit_is_1(shop: Shop) -> None:
    there = "postgresql://me:t0ps3cret@127.0.0.1:1/nowhere"
    run = shop.run("fleet", "--accounts", ".", "--listen", "off", SYNCD_FLEET_DATABASE=there)

    assert run.code == 1
    assert "fleet in 127.0.0.1/nowhere" in run.stderr
    assert "t0ps3cret" not in run.stderr


def test_a_fleet_without_its_extra_says_how_to_get_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    monkeypatch.delitem(sys.modules, "syncd.fleet.queue", raising=False)
    run = shop.run("fleet", "--accounts", ".", SYNCD_FLEET_DATABASE="postgresql://127.0.0.1:1/no")

    assert run.code == 2
    assert "-m pip install 'syncd[fleet]'" in run.stderr
