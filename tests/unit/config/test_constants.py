"""What a mapping puts in itself is held to the same rules as what the catalog says."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.config import InvalidConfigurationError, load

CONFIGURATION = """\
[catalog]
path = "catalog.csv"
[catalog.mapping]
id = "sku"
part_number = "mpn"
{line}
[digital_river]
api_key = "sk_test_x"
[rules]
approved_eccns = ["9A991"]
"""


def written(folder: Path, line: str) -> Path:
    file = folder / "config.toml"
    file.write_text(CONFIGURATION.format(line=line), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("line", "key", "rule"),
    [
        ('eccn = { field = "e", default = "XX9" }', "eccn.default", "an ECCN is EAR99, or"),
        ('eccn = { default = "9A004" }', "eccn.default", "only an ECCN that Digital River"),
        ('hs_code = { field = "h", values = { "x" = "12" } }', "hs_code.values.x", "six to ten"),
        (
            'country_of_origin = { field = "c", values = { Nordkorea = "KP" } }',
            "country_of_origin.values.Nordkorea",
            "KP is refused",
        ),
        (
            'allow_oversell = { field = "o", values = { later = "maybe" } }',
            "allow_oversell.values.later",
            "true or false",
        ),
    ],
)
def test_a_constant_that_breaks_a_rule_is_named_with_its_key_line_and_rule(
    tmp_path: Path, line: str, key: str, rule: str
) -> None:
    with pytest.raises(InvalidConfigurationError) as caught:
        load(written(tmp_path, line), {})

    assert f"line 6: catalog.mapping.{key} breaks a rule: " in str(caught.value)
    assert rule in str(caught.value)


def test_an_id_cannot_be_translated_into_what_is_none(tmp_path: Path) -> None:
    file = written(tmp_path, 'eccn = { default = "EAR99" }')
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"sku"', '{ field = "sku", values = { a = "b c" } }'))

    with pytest.raises(InvalidConfigurationError, match=r"line 4: .*mapping\.id\.values\.a breaks"):
        load(file, {})


@pytest.mark.parametrize(
    "line",
    [
        'eccn = { field = "e", default = "9a991.x" }',
        'eccn = { field = "e", values = { "n/a" = "" } }',
        'country_of_origin = { field = "c", countries = "names", values = { PRC2 = "China" } }',
        'country_of_origin = { field = "c", countries = "alpha-3", values = { x = "DNK" } }',
        'allow_oversell = { field = "o", boolean = true, values = { later = "ja" } }',
        'allow_oversell = { field = "o", values = { continue = true, deny = false } }',
    ],
)
def test_a_constant_is_read_as_the_steps_after_it_read_it(tmp_path: Path, line: str) -> None:
    load(written(tmp_path, line), {})
