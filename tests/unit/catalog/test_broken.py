"""Whose a broken record is, as far as its text tells."""

from __future__ import annotations

import pytest

from syncd.catalog.broken import Reject, broken_cells, broken_json
from syncd.catalog.dialect import Format
from syncd.catalog.ready import ReadyFile
from tests.unit.catalog.examples import columns, ready

FIRST = ready("sku", "mpn", "origin")
MIDDLE = ready("mpn", "sku", "origin")
LAST = ready("mpn", "origin", "sku")
SHORT, LONG = "MISSING COLUMNS", "TOO MANY COLUMNS"
QUOTES, ENCODING, LENGTH = "UNQUOTED VALUE", "INVALID ENCODING", "LINE SIZE OVER MAXIMUM"


@pytest.mark.parametrize(
    ("file", "text", "error", "place", "id", "certain"),
    [
        (FIRST, "A,1", SHORT, 2, "A", True),
        (FIRST, " A ,1\r", SHORT, 2, "A", True),
        (FIRST, "A", SHORT, 1, "A", False),
        (FIRST, ",1", SHORT, 2, None, True),
        (FIRST, "A,1,DK,x", LONG, 4, "A", True),
        (FIRST, "\nA,1,DK,x", LONG, 4, "A", True),
        (MIDDLE, "1,A", SHORT, 2, "A", False),
        (MIDDLE, "1", SHORT, 1, None, False),
        (LAST, "1,2,DK,A", LONG, 4, "DK", False),
        (FIRST, 'A,"1"x,DK', QUOTES, 2, "A", True),
        (FIRST, '"A"x,1,DK', QUOTES, 1, None, False),
        (MIDDLE, '"1"x,A,DK', QUOTES, 1, None, False),
        (LAST, "?,DK,A", ENCODING, 1, "A", True),
        (LAST, "1,DK,?", ENCODING, 3, None, False),
        (FIRST, "A,xxx", LENGTH, 0, "A", True),
        (FIRST, "xxx", LENGTH, 0, "xxx", False),
    ],
)
def test_an_id_is_certain_only_where_nothing_can_have_moved_it(
    file: ReadyFile, text: str, error: str, place: int, id: str | None, certain: bool
) -> None:
    broken = broken_cells(Reject(3, text, frozenset({error}), (place,)), file, columns())

    assert (broken.id, broken.certain) == (id, certain)


@pytest.mark.parametrize(("text", "id"), [("A,1", "A"), ("A,", "A"), ("A", None)])
def test_a_record_that_is_cut_gives_no_id_that_the_cut_may_have_shortened(
    text: str, id: str | None
) -> None:
    reject = Reject(3, text, frozenset({SHORT}), (1,), cut=True)

    assert broken_cells(reject, FIRST, columns()).id == id


@pytest.mark.parametrize(
    ("text", "error", "hides"),
    [
        ("A,1", SHORT, False),
        ("A,1\n", SHORT, False),
        ('A,"1\n2"', SHORT, True),
        ('A,"1\nB,2', QUOTES, True),
        ("A,xxx", LENGTH, True),
    ],
)
def test_a_record_of_several_lines_may_have_swallowed_others(
    text: str, error: str, hides: bool
) -> None:
    assert broken_cells(Reject(3, text, frozenset({error}), (2,)), FIRST, columns()).hides is hides


@pytest.mark.parametrize(
    ("text", "hides"),
    [
        ("A,1,DK,x", False),
        ("A,1,D,2,US", True),
        ("A,1,DK,B,2,US", True),
        ("A,P\u2028x,B,2,1", True),
    ],
)
def test_a_record_as_long_as_two_may_have_swallowed_another(text: str, hides: bool) -> None:
    assert broken_cells(Reject(3, text, frozenset({LONG}), (4,)), FIRST, columns()).hides is hides


@pytest.mark.parametrize("mark", "\v\f\x1c\x1d\x1e\x85\u2028\u2029")
def test_only_line_feeds_and_carriage_returns_end_the_line_of_a_broken_record(mark: str) -> None:
    broken = broken_cells(Reject(3, f"A,{mark},x,B", frozenset({LONG}), (4,)), FIRST, columns())

    assert broken.rule == "the row has 4 values, but the header has 3 columns"


@pytest.mark.parametrize(
    ("text", "id"), [("x,1A,2", "A"), ('x,"1""A",,B', '1"A'), ("old", "new"), ("x,1,D,E", "1,D")]
)
def test_the_trace_of_a_broken_record_holds_every_id_that_it_may_hide(text: str, id: str) -> None:
    mapped = columns(mapping={"id": {"field": "sku", "values": {"old": "new"}}})

    assert id in broken_cells(Reject(3, text, frozenset({LONG}), (4,)), FIRST, mapped).trace


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ('{"sku": "A", "mpn": "?"}', "A"),
        ('{"sku": "A?", "mpn": "1"}', None),
        ('{"?sku": "A", "mpn": "1"}', None),
    ],
)
def test_an_id_with_a_byte_that_is_no_text_is_nobodys(text: str, id: str | None) -> None:
    reject = Reject(3, text, frozenset({ENCODING}))

    assert broken_json(reject, ready(kind=Format.JSONL), columns()).id == id


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ('{"sku": "A"}{"sku": "B"}', "B"),
        ('{"x": "\\u00e4\\/B', "ä/B"),
        ('{"x": "\\ud83d\\ude00', "\U0001f600"),
        ('{"x": "a\\"b\\q', 'a"b'),
        ('{"sku": "ol\\u0064', "new"),
    ],
)
def test_the_trace_of_a_broken_object_has_its_escapes_undone(text: str, id: str) -> None:
    mapped = columns(mapping={"id": {"field": "sku", "values": {"old": "new"}}})
    lines = ready(kind=Format.JSONL)

    assert id in broken_json(Reject(3, text, frozenset()), lines, mapped).trace


def test_the_mapping_translates_a_broken_records_id() -> None:
    mapped = columns(mapping={"id": {"field": "sku", "values": {"old": "new"}}})

    assert broken_cells(Reject(3, "old,1", frozenset({SHORT}), (2,)), FIRST, mapped).id == "new"


@pytest.mark.parametrize(
    ("text", "errors", "places", "attribute", "value", "rule"),
    [
        ("A,1", {SHORT}, (2,), "row", "A,1", "the row has 2 values, but the header has 3 columns"),
        ("A,1,?", {ENCODING}, (3,), "countryOfOrigin", "?", "the text is not valid UTF-8"),
        ("?,1,DK", {ENCODING}, (1,), "id", "?", "the text is not valid UTF-8"),
        ("A,x", {LENGTH}, (), "row", "A,x", "no row is longer than 2,000,000 bytes"),
        ("A", {"INVALID STATE"}, (), "row", "A", "the row cannot be read"),
    ],
)
def test_a_fault_names_attribute_value_and_rule(
    text: str, errors: set[str], places: tuple[int, ...], attribute: str, value: str, rule: str
) -> None:
    broken = broken_cells(Reject(3, text, frozenset(errors), places), FIRST, columns())

    assert (broken.attribute, broken.value, broken.rule) == (attribute, value, rule)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ('{"sku": "A", "mpn": ', "A"),
        (' { "mpn" : [1, {"sku": "X"}] , "sku" : "A" , ', "A"),
        ('{"sku": 12, "mpn"', "12"),
        ('{"sku": "A\\u00e4", ]', "Aä"),
        ('{"sku": "A" "mpn"', None),
        ('{"sku": "A"', None),
        ('{"sku": "', None),
        ('{"mpn": tru, "sku": "A"}', None),
        ("[]", None),
        ("", None),
        ("[" * 100_000, None),
        ('{"mpn": ' + "[" * 100_000, None),
    ],
)
def test_the_id_of_a_broken_json_record_is_read_where_it_stands_before_the_damage(
    text: str, id: str | None
) -> None:
    lines = ready(kind=Format.JSONL)

    broken = broken_json(Reject(3, text, frozenset()), lines, columns())

    assert broken.id == id
    assert len(broken.value) <= 400


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (LENGTH, "no record is longer than 2,000,000 bytes"),
        (ENCODING, "the text is not valid UTF-8"),
        (LONG, "the record is not a JSON object"),
    ],
)
def test_a_json_line_that_the_reader_refused_says_why(error: str, rule: str) -> None:
    lines = ready(kind=Format.JSONL)

    assert broken_json(Reject(3, "{", frozenset({error})), lines, columns()).rule == rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (r'{"sku": "A", "mpn": "\ud800"}', "half of a surrogate pair"),
        (r'{"sku": "A", "mpn": ["x\uDC00y"]}', "half of a surrogate pair"),
        (r'{"sku": "A", "mpn": "\ud800"', "is not a JSON object"),
        (r'["\ud800"]', "is not a JSON object"),
        (r'{"sku": "A", "mpn": "\ud83d\ude00" "x"}', "is not a JSON object"),
    ],
)
def test_an_object_with_half_of_a_surrogate_pair_is_called_one(text: str, rule: str) -> None:
    lines = ready(kind=Format.JSONL)

    assert rule in broken_json(Reject(3, text, frozenset()), lines, columns()).rule
