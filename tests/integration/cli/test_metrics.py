"""`syncd metrics` prints what makes the figures visible elsewhere."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from tests.shop import Shop


@pytest.mark.parametrize(
    ("option", "file"), [("--dashboard", "grafana-dashboard.json"), ("--alerts", "alert-rules.yml")]
)
def test_each_is_printed_as_it_is_without_a_configuration(
    shop: Shop, option: str, file: str
) -> None:
    shop.configuration.unlink()
    run = shop.run("metrics", option)
    saved = shop.run("metrics", option, "--output", "saved")

    text = files("syncd.data").joinpath(file).read_text(encoding="utf-8")
    assert (run.code, run.stdout, run.stderr) == (0, text, "")
    assert (saved.code, saved.stdout) == (0, "")
    assert (shop.folder / "saved").read_text(encoding="utf-8") == text


def test_the_dashboard_is_what_grafana_imports(shop: Shop) -> None:
    dashboard = json.loads(shop.run("metrics", "--dashboard").stdout)

    assert (dashboard["title"], dashboard["schemaVersion"] >= 36) == ("syncd", True)


@pytest.mark.parametrize("options", [(), ("--dashboard", "--alerts")])
def test_one_of_them_has_to_be_asked_for(shop: Shop, options: tuple[str, ...]) -> None:
    run = shop.run("metrics", *options)

    assert (run.code, run.stdout) == (2, "")
    assert "--dashboard or --alerts" in run.stderr
