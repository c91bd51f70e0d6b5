"""The parts of `syncd init` that need neither a source nor a terminal."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.cli.choices import Choice, Nobody, chosen
from syncd.cli.drafts import draft_of, read_back
from syncd.cli.shown.configuration import Answers, configuration, toml
from syncd.config import SqlCatalog
from syncd.engine.guess import Confidence, Guess, Target, Treatment
from syncd.errors import UsageError

AWKWARD = "\0\t\n\r\x1b\x7f\x85\u2028\ufeff \"'\\#=,[]{}.aU09é\U0010ffff"
SURROGATES, HOW_MANY = 0xD800, 0x800
anything = st.integers(0, 0x10FFFF - HOW_MANY).map(
    lambda number: chr(number if number < SURROGATES else number + HOW_MANY)
)


def of_any(characters: str) -> st.SearchStrategy[str]:
    """Texts of these and all others that UTF-8 has, drawn by number: that takes no time."""
    drawn = st.one_of(st.sampled_from(characters), anything)
    return st.lists(drawn, min_size=1, max_size=8).map("".join)


texts = of_any(AWKWARD)
names = of_any(AWKWARD.replace(".", "")).map(lambda name: name.replace(".", "_"))


def answers(mapping: Mapping[Target, Choice], **catalog: object) -> Answers:
    keys = {"type": "file", "path": "/x.csv", **catalog}
    return Answers(keys, mapping, {}, {"api_key": "sk_test_x"})


def choice(column: str, treatment: Treatment | None = None, *, brings: bool = False) -> Choice:
    return Choice(column, "sure", "by its name", treatment or Treatment(), brings)


BOTH = {Target.ID: choice("sku"), Target.PART_NUMBER: choice("mpn")}


@given(column=names, word=texts, strip=texts, filtered=names)
def test_whatever_columns_are_called_the_file_says_the_same(
    column: str, word: str, strip: str, filtered: str
) -> None:
    steps = Treatment(values={word: "true"}, strip=strip)
    mapping = {**BOTH, Target.ALLOW_OVERSELL: choice(column, steps)}
    text = configuration(Answers({"type": "file", "path": "/x"}, mapping, {filtered: [word]}, {}))

    catalog = tomllib.loads(text)["catalog"]

    assert catalog["mapping"]["allow_oversell"] == {
        "field": column,
        "strip": strip,
        "values": {word: "true"},
    }
    assert catalog["filter"] == {filtered: [word]}


def test_what_is_written_can_be_read_back() -> None:
    countries = choice("land", Treatment(countries="names"))
    text = configuration(answers({**BOTH, Target.COUNTRY_OF_ORIGIN: countries}, delimiter=";"))

    settings = read_back(text)

    assert settings.catalog.mapping.id.field == "sku"
    assert settings.catalog.mapping.country_of_origin is not None
    assert settings.catalog.mapping.country_of_origin.countries == "names"
    assert settings.state.url.startswith("sqlite:///")


def test_what_a_preset_brings_is_only_told() -> None:
    mapping = {Target.ID: choice("sku", brings=True), Target.PART_NUMBER: choice("mpn")}

    text = configuration(answers(mapping))

    assert tomllib.loads(text)["catalog"]["mapping"] == {"part_number": "mpn"}
    assert "# id, the id that SKU and inventory item share: by its name, from sku\n" in text


def test_trees_are_written_with_their_tables_within() -> None:
    tree = {"catalog": {"a": 1, "b": {"c d": [True, "x\x7f"], "e": {"f": 1.5}}, "g": "ü"}}

    assert tomllib.loads(toml(tree)) == tree


# ------------------------------------------------------------------------------------ drafts


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ("woocommerce", {"type": "http", "preset": "woocommerce"}),
        ("digital_river", {"type": "digital_river"}),
        ("https://shop.example.com/x", {"type": "http", "url": "https://shop.example.com/x"}),
        ("postgresql://db/x", {"type": "sql", "url": "postgresql://db/x", "table": "t"}),
        ("postgres://db/x", {"type": "sql", "url": "postgres://db/x", "table": "t"}),
        ("mssql+pyodbc://db/x", {"type": "sql", "url": "mssql+pyodbc://db/x", "table": "t"}),
        ("sqlite:////a/b.db", {"type": "sql", "url": "sqlite:////a/b.db", "table": "t"}),
        ("sqlite:///:memory:", {"type": "sql", "url": "sqlite:///:memory:", "table": "t"}),
    ],
)
def test_a_source_is_known_by_its_form(source: str, keys: dict[str, str]) -> None:
    table = "t" if keys["type"] == "sql" else None

    assert draft_of(source, table, []).keys == keys


@pytest.mark.parametrize("source", ["ftp://me:hush@x/y.csv", "file:///srv/a.csv", "://x"])
@pytest.mark.parametrize("table", [None, "t"])
def test_an_address_that_nothing_here_reads_is_called_no_database(
    source: str, table: str | None
) -> None:
    with pytest.raises(UsageError, match=r"is neither .* Name a file by its path") as caught:
        draft_of(source, table, [])

    assert "hush" not in str(caught.value)


def test_keys_may_be_set_at_any_depth_in_toml_or_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = [
        "records=items",
        "paging.size=50",
        "paging.type=page",
        "auth.secret_file=key",
        "url=a=b",
    ]

    assert draft_of("https://x.example", None, given).keys == {
        "type": "http",
        "url": "a=b",
        "records": "items",
        "paging": {"size": 50, "type": "page"},
        "auth": {"secret_file": str(tmp_path / "key")},
    }


@pytest.mark.parametrize("text", ["", "x", "=x", "url.x=1"])
def test_a_key_that_cannot_be_set_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--set"):
        draft_of("https://x.example", None, [text])


def test_a_password_is_not_repeated() -> None:
    draft = draft_of("postgresql+psycopg://me:hush@db.example/x", "t", [])

    assert "hush" not in draft.source
    assert isinstance(draft.settings(None).catalog, SqlCatalog)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        draft_of("shopify", None, []).settings(None)

    assert "catalog.url is missing" in str(caught.value)
    assert "--set url=" in str(caught.value)


# ----------------------------------------------------------------------------------- choices


def guess(confidence: Confidence) -> Guess:
    return Guess("c", confidence, "by its name", Treatment())


def test_nobody_takes_what_is_unsure() -> None:
    guesses = {target: guess(Confidence.LIKELY) for target in Target}
    guesses[Target.ECCN] = guess(Confidence.UNSURE)

    found = chosen(Nobody(), guesses, {})

    assert set(Target) - set(found) == {Target.ECCN}
    assert found[Target.ID].word == "likely"


def test_what_is_fixed_is_not_asked_for() -> None:
    fixed = {Target.ID: choice("sku"), Target.PART_NUMBER: choice("mpn")}

    assert chosen(Nobody(), {}, fixed) == fixed


def test_what_must_be_there_is_named_with_what_it_may_be() -> None:
    with pytest.raises(UsageError) as caught:
        chosen(Nobody(), {Target.ID: guess(Confidence.UNSURE)}, {})

    assert "The mapping of id and part_number" in str(caught.value)
    assert "id may be “c”" in str(caught.value)
    assert "--map id=COLUMN" in str(caught.value)
