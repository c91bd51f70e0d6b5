"""What is wrong in a file is told with its line, what stands there, and what would be right."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncd.config import InvalidConfigurationError, load
from syncd.config.shape import KeyPath, Shape
from syncd.errors import ConfigurationError
from tests.integration.config.conftest import COMPLETE, Loaded, Refused

SECRET = "sk_live_d0n0tsh0w"


@pytest.mark.parametrize(
    ("addition", "message"),
    [
        (
            "[guards]\nmax_delte = 1",
            "line 9: guards.max_delte is not a known key; the nearest one is guards.max_delete.",
        ),
        ("[gaurds]", "line 8: gaurds is not a known key; the nearest one is guards."),
        (
            "[policy]\n\ndelete_after = 1",
            (
                "line 10: policy.delete_after is not a known key; the nearest one is"
                " guards.delete_after."
            ),
        ),
        (
            '[guards]\ndelete_reads = "2"',
            (
                'line 9: guards.delete_reads is "2", but must be a whole number, such as'
                " delete_reads = 2."
            ),
        ),
        (
            "[guards]\ndelete_reads = true",
            (
                "line 9: guards.delete_reads is true, but must be a whole number, such as"
                " delete_reads = 2."
            ),
        ),
        (
            "[guards]\ndelete_reads = 0",
            (
                "line 9: guards.delete_reads is 0, but must be greater than or equal to 1, such as"
                " delete_reads = 2."
            ),
        ),
        (
            '[policy]\nadopt = "yes"',
            'line 9: policy.adopt is "yes", but must be true or false, such as adopt = true.',
        ),
        (
            '[policy]\nmode = "miror"',
            (
                'line 9: policy.mode is "miror", but must be "mirror", "upsert", "create-only" or'
                ' "report-only".'
            ),
        ),
        (
            "[state]\nurl = 5",
            (
                "line 9: state.url is 5, but must be text in quotes, such as"
                ' url = "sqlite:///syncd.db".'
            ),
        ),
        (
            'manage = "inventory_items"',
            (
                'line 8: digital_river.manage is "inventory_items", but must be a list, such as'
                ' manage = ["inventory_items"].'
            ),
        ),
        (
            "manage = []",
            (
                "line 8: digital_river.manage is [], but must not be empty, such as"
                ' manage = ["inventory_items"].'
            ),
        ),
        (
            "[guards]\nmax_create = inf",
            "line 9: guards.max_create is inf, but must be at most 1.0 and above 0.0,",
        ),
        (
            'requests_per_second = "fast"',
            (
                'line 8: digital_river.requests_per_second is "fast", but must be a number, such as'
                " requests_per_second = 25."
            ),
        ),
        (
            'api_version = "latest"',
            (
                'line 8: digital_river.api_version is "latest", but has another form, such as'
                ' api_version = "2021-12-13".'
            ),
        ),
        (
            '[guards]\ndelete_after = "soon"',
            'line 9: guards.delete_after is "soon", but must be a duration such as "5m",',
        ),
        (
            '[rules]\nbarred_eccns = [\n"EAR99",\n"wood"]',
            'line 9: rules.barred_eccns.1 is "wood", but must be an ECCN such as',
        ),
        (
            "[catalog.filter]\nphysical = []",
            "line 9: catalog.filter.physical is [], but must name at least one value,",
        ),
        (
            "[catalog.mapping.eccn]\nvalues = 5",
            "line 9: catalog.mapping.eccn.values is 5, but must be a table.",
        ),
        (
            "[catalog.mapping.eccn]",
            "line 8: catalog.mapping.eccn: must name a field, or a default for all rows.",
        ),
    ],
)
def test_a_wrong_key_or_value_is_told(refused: Refused, addition: str, message: str) -> None:
    assert refused(f"{COMPLETE}{addition}\n").startswith(f"config.toml: {message}")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('path = "catalog.csv"\n', "line 1: catalog.path is missing (The file:"),
        ('id = "sku"\n', "line 3: catalog.mapping.id is missing"),
        ('part_number = "mpn"\n', "catalog.mapping.part_number is missing (The manufacturer's"),
        ('api_key = "sk_test_from_file"\n', "line 6: digital_river.api_key is missing"),
    ],
)
def test_what_must_be_given_is_named_when_missing(
    refused: Refused, line: str, message: str
) -> None:
    said = refused(COMPLETE.replace(line, ""))
    assert said.startswith("config.toml: line ")
    assert message in said
    assert f", such as {line.split(' = ', maxsplit=1)[0]} = " in said


@given(
    key=st.sampled_from([key for key in Shape().all_keys() if len(key) > 1]),
    value=st.text(st.characters(exclude_characters="\0"), max_size=12)
    | st.recursive(
        st.booleans() | st.integers() | st.floats() | st.dates() | st.text("ab[]", max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner),
        max_leaves=4,
    ).map(lambda value: json.dumps(value, default=str).replace(": ", " = ")),
)
@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_stands_there_is_taken_or_refused_with_its_name(
    loaded: Loaded, key: KeyPath, value: str
) -> None:
    try:
        loaded(COMPLETE, {f"SYNCD_{'__'.join(key).upper()}": value})
    except InvalidConfigurationError as error:
        assert ".".join(key[:-1]) in str(error)  # noqa: PT017 - many a value is taken instead


def test_an_empty_file_lacks_each_mandatory_key(refused: Refused) -> None:
    message = refused("")
    assert message.startswith("config.toml: 4 things are wrong:\n")
    for key in (
        "catalog.path",
        "catalog.mapping.id",
        "catalog.mapping.part_number",
        "digital_river.api_key",
    ):
        assert f"\n  {key} is missing" in message


def test_several_things_are_told_in_the_order_of_the_file(refused: Refused) -> None:
    addition = "[log]\nlevel = 5\n[guards]\nmax_delete = 2.0\nx = 1\n[policy]\nadopt = 1\n"
    message = refused(COMPLETE + addition, {"SYNCD_LOG__FORMAT": "xml"})
    lines = message.splitlines()
    assert lines[0] == "config.toml: 5 things are wrong:"
    assert [line.split(":")[0] for line in lines[1:-1]] == [
        "  line 9",
        "  line 11",
        "  line 12",
        "  line 14",
        "  SYNCD_LOG__FORMAT",
    ]
    assert lines[-1] == "config.example.toml shows every key with its default."


def test_complaints_can_be_had_one_by_one(loaded: Loaded) -> None:
    with pytest.raises(InvalidConfigurationError) as caught:
        loaded(COMPLETE + "[guards]\nx = 1\ny = 1\n")
    assert [complaint.where for complaint in caught.value.complaints] == [9, 10]


SKUS = 'manage = ["skus", "inventory_items"]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (COMPLETE + 'manage = ["skus"]\n', "must name inventory_items as well"),
        (COMPLETE + SKUS, "catalog.mapping must have name and country_of_origin and eccn and tax"),
        (
            COMPLETE.replace('id = "sku"', 'id = "sku"\nname = "n"\nsku_group_id = "g"'),
            "manage must name skus where catalog.mapping.name is set",
        ),
        (
            '[catalog]\ntype = "digital_river"\n[digital_river]\napi_key = "sk_test_a"\n' + SKUS,
            "must not name skus where the SKUs are the catalog themselves",
        ),
    ],
)
def test_pairs_are_refused_where_they_cannot_be_kept(
    refused: Refused, text: str, message: str
) -> None:
    assert message in refused(text)


@pytest.mark.parametrize("manage", [SKUS, 'manage = ["inventory_items", "skus"]\n'])
def test_pairs_are_managed_in_either_order(loaded: Loaded, manage: str) -> None:
    mapped = 'id = "sku"\nname = "n"\nsku_group_id = "g"'
    assert loaded(COMPLETE.replace('id = "sku"', mapped) + manage).digital_river.manages_skus


def test_the_orchestrated_model_is_a_legal_one(loaded: Loaded) -> None:
    assert loaded(COMPLETE + 'model = "orchestrated"\n').digital_river.model == "orchestrated"


@pytest.mark.parametrize(
    "text",
    [
        COMPLETE.replace('"sk_test_from_file"', f'["{SECRET}"]'),
        COMPLETE.replace('"sk_test_from_file"', f'"{SECRET} {SECRET}"'),
        COMPLETE.replace('"sk_test_from_file"', SECRET),
        COMPLETE.replace("api_key = ", "api_kye = ").replace("sk_test_from_file", SECRET),
        COMPLETE.replace('[digital_river]\napi_key = "sk_test_from_file"', "")
        + f'digital_river = "{SECRET}"',
        f'digital_river = "{SECRET}"\n',
        f'notify = ["slack://{SECRET}"]\n{COMPLETE}',
        f'{COMPLETE}[notify]\nurls = "{SECRET}"\n',
        f'{COMPLETE}[notify]\nurls = ["json://host", "{SECRET}"]\n',
        f'{COMPLETE}[notify]\nurls = [["slack://{SECRET}"]]\n',
        f'{COMPLETE}base_url = "https://me:{SECRET}@host"\n',
        f'{COMPLETE}[state]\nurl = "mysql://me:{SECRET}@host/db"\n',
        f'{COMPLETE.replace("sk_test_from_file", SECRET)}base_url = "http://192.0.2.1"\n',
        f"{COMPLETE.replace('sk_test_from_file', SECRET)}[guards]\nx = 1\n",
    ],
)
def test_no_secret_is_told_not_even_in_a_traceback(loaded: Loaded, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loaded(text)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert SECRET not in told


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[catalog\n", "config.toml, line 1, column 9"),
        ("[catalog]\npath = catalog.csv\n", "config.toml, line 2, column 8"),
        ("a = 1\na = 2\n", "config.toml, line 2, column 6"),
        ('a = """\n', "config.toml, end of document"),
    ],
)
def test_what_is_not_toml_is_told_with_its_line(refused: Refused, text: str, where: str) -> None:
    message = refused(text)
    assert message.startswith(f"{where}: this is not TOML (")
    assert message.endswith("under its [section].")


def test_tables_without_end_are_refused(refused: Refused) -> None:
    assert "nested too deeply" in refused(f"a = {'[' * 5000}")


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbf" + COMPLETE.encode())
    assert load(file, {}).catalog.mapping.id.field == "sku"


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(COMPLETE.encode() + "# größer\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"config\.toml, line 8: this is not text in UTF"):
        load(file, {})


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        load(tmp_path / "config.toml", {})


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="it cannot be read"):
        load(tmp_path, {})
