"""SQL does what the domain does."""

from __future__ import annotations

import duckdb
import pytest

from syncd.catalog.sql import identifier, literal, trimmed
from syncd.domain import plain_text

WHITE = plain_text.WHITE_SPACE + plain_text.INVISIBLE
TEXTS = [
    "",
    "a",
    "é",
    " ",
    "a b",
    "ab ",
    " ab",
    "☃",
    "\u00a0é\u2003",
    "~",
    "!",
    "\x7f",
    *(f"{one}a{one}b{one}" for one in WHITE),
    *(f"a{one}" for one in WHITE),
    *(f"{one}a" for one in WHITE),
]


def test_texts_are_trimmed_as_the_domain_trims_them() -> None:
    with duckdb.connect() as engine:
        found = engine.query(
            f"FROM (SELECT unnest(?) AS t) SELECT {trimmed('t')}", params=[TEXTS]
        ).fetchall()

    assert [text for (text,) in found] == [plain_text.trimmed(text) for text in TEXTS]


@pytest.mark.parametrize("text", ["plain", "it's", "'; DROP TABLE x; --", "\\n", 'a"b', ""])
def test_literals_and_identifiers_are_taken_as_they_are(text: str) -> None:
    with duckdb.connect() as engine:
        (found,) = engine.execute(f"SELECT {literal(text)}").fetchone() or ()
        named = engine.execute(f"SELECT 1 AS {identifier(text or 'x')}").description

    assert found == text
    assert named[0][0] == (text or "x")
