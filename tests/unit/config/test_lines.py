"""The line of a key is found however TOML lets it be written."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from syncd.config.lines import lines_of

TEXT = '''# first comment

[catalog]
path = "a.csv" # a comment with [brackets]
mapping.id = "sku"
filter = { physical = ["true"] }

[digital_river]
manage = [
  "inventory_items", # [guards]
  """
max_delete = 5
""",
]
"api_key" = \'\'\'
[not a table]
\'\'\'

  [ guards ]
max_delete = 1
[state]
[catalog.more]
deep.er = 1
'''


def test_every_way_to_write_a_key_is_found_at_its_line() -> None:
    assert tomllib.loads(TEXT)
    assert lines_of(TEXT) == {
        ("catalog",): 3,
        ("catalog", "path"): 4,
        ("catalog", "mapping"): 5,
        ("catalog", "mapping", "id"): 5,
        ("catalog", "filter"): 6,
        ("catalog", "filter", "physical"): 6,
        ("digital_river",): 8,
        ("digital_river", "manage"): 9,
        ("digital_river", "api_key"): 15,
        ("guards",): 19,
        ("guards", "max_delete"): 20,
        ("state",): 21,
        ("catalog", "more"): 22,
        ("catalog", "more", "deep"): 23,
        ("catalog", "more", "deep", "er"): 23,
    }


def test_keys_before_any_table_stand_alone() -> None:
    assert lines_of("a = 1\nb.c = 2\r\n[d]\n") == {("a",): 1, ("b",): 2, ("b", "c"): 2, ("d",): 3}


def test_the_tables_of_a_list_stand_under_their_numbers() -> None:
    assert lines_of("[[a.b]]\nc = 1\n[[a.b]]\nc = 2\n[a.b.d]\ne = 3\n[f]\n") == {
        ("a",): 1,
        ("a", "b"): 1,
        ("a", "b", "0"): 1,
        ("a", "b", "0", "c"): 2,
        ("a", "b", "1"): 3,
        ("a", "b", "1", "c"): 4,
        ("a", "b", "1", "d"): 5,
        ("a", "b", "1", "d", "e"): 6,
        ("f",): 7,
    }


@given(st.lists(st.sampled_from(["x", "y = [", "''", "]", "z = 1", "#", "[v]"]), max_size=12))
def test_long_values_hide_what_looks_like_a_key(pieces: list[str]) -> None:
    text = "".join(f"{piece}\n" for piece in pieces)
    lines = lines_of(f'[t]\na = """\n{text}"""\nb = 1\n')
    assert lines == {("t",): 1, ("t", "a"): 2, ("t", "b"): 4 + len(pieces)}
