"""`syncd check` looks at some rows closely."""

from __future__ import annotations

from tests.shop import COLUMNS, Shop, row


def test_a_renamed_column_is_named_with_the_one_it_may_be_now(shop: Shop) -> None:
    columns = [name if name != "origin" else "Origins" for name in COLUMNS]
    shop.stock([row(1, Origins="DK")], columns)

    run = shop.run("check", "--format", "json")

    assert run.code == 1
    told = {one["attribute"]: one for one in run.json()["attributes"]}
    assert told["countryOfOrigin"]["advice"] == "there is no column “origin”: is it “Origins”?"
    assert (told["partNumber"]["filled"], told["countryOfOrigin"]["filled"]) == (1, 0)


def test_what_would_be_held_is_shown_with_its_rule(shop: Shop) -> None:
    shop.stock([row(1, hs="6404.20.10"), row(2, hs="12"), row(3, eccn="")])

    run = shop.run("check", "--format", "json")

    assert run.code == 0
    told = run.json()
    assert [(one["attribute"], one["row"], one["raw"]) for one in told["bad_examples"]] == [
        ("hsCode", 3, "12")
    ]
    assert {"attribute": "eccn", "raw": "", "value": "EAR99"} in told["examples"]
    usable = {one["attribute"]: (one["filled"], one["usable"]) for one in told["attributes"]}
    assert (usable["hsCode"], usable["eccn"]) == ((3, 2), (3, 3))


def test_the_text_shows_no_more_than_a_hundred_rows_of_it(shop: Shop) -> None:
    shop.stock([row(number) for number in range(150)])

    run = shop.run("check")

    assert "in the first 100 rows that take part" in run.stdout
    assert "150 rows after the filter, 150 usable" in run.stdout
