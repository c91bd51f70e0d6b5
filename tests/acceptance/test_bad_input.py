"""Bad input: one message on stderr, the right exit code; the tables are in the integration."""

from __future__ import annotations

import pytest

from tests.shop import Shop


@pytest.mark.parametrize(
    ("file", "content", "code", "words"),
    [
        ("config.toml", b"[catalogue]\n", 2, "catalogue"),
        ("catalog.csv", b"", 4, "catalog.csv"),
        ("state.db", b"no database" * 500, 1, "state.db"),
    ],
)
def test_bad_input_is_told_without_a_traceback(
    shop: Shop, file: str, content: bytes, code: int, words: str
) -> None:
    (shop.folder / file).write_bytes(content)

    run = shop.run("--once")

    assert run.code == code
    assert words in run.stdout + run.stderr
    assert (shop.folder / file).read_bytes() == content


def test_a_remote_that_is_not_there_is_told_and_nothing_is_lost(shop: Shop) -> None:
    shop.configure(url="http://127.0.0.1:9")
    assert shop.run("--once", "--wait", "0").code == 1

    shop.configure()
    assert shop.run("--once").code == 0
