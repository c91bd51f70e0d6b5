"""From a source of rows to a configuration that works, without an editor."""

from __future__ import annotations

import os
import pty
import select
import sqlite3
import stat
import subprocess
import threading
import time
import tomllib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from syncd.wiring import GLANCE
from tests.environment import clean_environment
from tests.shop import KEY, LONGEST, SYNCD, Run, Shop
from tests.stubs.raw import RawServer, Reply, raw_server

GERMAN = (
    "Artikelnummer;Bezeichnung;Hersteller;Hersteller-Artikelnummer;Ursprungsland;Zolltarifnummer\r\n"
    "A-1;Schuh;acme;P-1;Deutschland;6404.20.10\r\n"
    'A-2;"Stiefel; hoch";acme;P-2;China;64042010\r\n'
    "A-3;Hut;acme;P-3;Vereinigte Staaten;'65050030"
)
SHOPIFY = (
    "Handle,Title,Vendor,Variant SKU,Variant Inventory Policy,Variant Requires Shipping"
    ",COO,HS Code\n"
    "shoe,Shoe,acme,S-1,deny,true,CN,640420\n"
    "boot,Boot,acme,S-2,continue,true,CN,640420\n"
    "card,Gift card,acme,S-3,deny,false,,\n"
)
PRODUCT = {
    "id": 7,
    "sku": "W-1",
    "name": "Hat",
    "type": "simple",
    "virtual": False,
    "backorders_allowed": True,
    "meta_data": [{"key": "country_of_origin", "value": "Italy"}],
}


@pytest.fixture
def bare(shop: Shop) -> Shop:
    """A shop without a configuration, and with its key in a file."""
    shop.configuration.unlink()
    (shop.folder / "key").write_text(f"{KEY}\n")
    return shop


def written(shop: Shop, name: str = "config.toml") -> dict[str, Any]:
    return tomllib.loads((shop.folder / name).read_text(encoding="utf-8"))


def here(shop: Shop) -> dict[str, str]:
    """Let what `init` wrote lead to the sandbox."""
    return {"SYNCD_DIGITAL_RIVER__BASE_URL": shop.url}


def creates(shop: Shop, *arguments: str) -> dict[str, dict[str, Any]]:
    """What a dry run would create, by id."""
    run = shop.run(*arguments, "--dry-run", "--format", "json", **here(shop))
    assert run.code == 0, run.stderr
    return {
        one["id"]: {name: change["to"] for name, change in one["attributes"].items()}
        for one in run.json()["changes"]
        if one["action"] == "create"
    }


def test_an_export_leads_to_a_dry_run_without_a_question(bare: Shop) -> None:
    (bare.folder / "export.csv").write_text(GERMAN, encoding="utf-8")

    run = bare.run("init", "--catalog", "export.csv", "--yes", "--api-key-file", "key")

    assert run.code == 0, run.stderr
    assert written(bare)["catalog"] | {"mapping": None} == {
        "type": "file",
        "path": "export.csv",
        "delimiter": ";",
        "final_newline": "optional",
        "mapping": None,
    }
    assert written(bare)["digital_river"] == {"api_key_file": "key"}
    found = creates(bare)
    assert found["A-3"] == {
        "manufacturerId": "acme",
        "partNumber": "P-3",
        "countryOfOrigin": "US",
        "hsCode": "6505.00.30",
    }
    assert len(found) == 3


def test_more_rows_than_were_looked_at_are_not_spoken_for(bare: Shop) -> None:
    rows = "".join(f"A-{number},P-{number}\n" for number in range(GLANCE + 1))
    (bare.folder / "export.csv").write_text(f"sku,mpn\n{rows}", encoding="utf-8")

    run = bare.run("init", "--catalog", "export.csv", "--yes")

    assert f"It goes by the first {GLANCE} rows alone" in run.stdout


def test_the_file_is_private_and_says_what_every_line_is(bare: Shop) -> None:
    (bare.folder / "export.csv").write_text(GERMAN, encoding="utf-8")

    run = bare.run("init", "--catalog", "export.csv", "--yes", "--format", "json")

    text = bare.configuration.read_text(encoding="utf-8")
    assert stat.S_IMODE(bare.configuration.stat().st_mode) == 0o600
    assert "# the customs tariff number: by its name, 3 of 3 values read as HS codes\n" in text
    assert "# eccn, the export control classification number: not mapped" in text
    assert "# api_key" in text
    told = {one["attribute"]: one["word"] for one in run.json()["mapping"]}
    assert (told["id"], told["eccn"]) == ("sure", None)
    assert "give the API key" in run.json()["sentence"]


def test_a_shop_export_needs_the_part_number_to_be_named(bare: Shop) -> None:
    (bare.folder / "products.csv").write_text(SHOPIFY, encoding="utf-8")
    line = ("init", "--catalog", "products.csv", "--yes", "--api-key-file", "key")

    refused = bare.run(*line)
    taken = bare.run(*line, "--map", "part_number=Variant SKU")

    assert refused.code == 2
    assert "The mapping of part_number: no column can be told to hold it" in refused.stderr
    assert taken.code == 0, taken.stderr
    assert written(bare)["catalog"]["filter"] == {"Variant Requires Shipping": ["true", "1", "yes"]}
    found = creates(bare)
    assert {id: values["allowOversell"] for id, values in found.items()} == {
        "S-1": False,
        "S-2": True,
    }


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('{"sku": "J-1", "mpn": 7, "origin": "DNK"}\n', "export.ndjson"),
        ('[{"sku": "J-1", "mpn": "7", "origin": "Denmark"}]', "export.json"),
        ("\ufeffsku\tmpn\torigin\nJ-1\t7\tdk\n", "export.txt"),
    ],
)
def test_other_formats_come_as_far(bare: Shop, content: str, name: str) -> None:
    (bare.folder / name).write_text(content, encoding="utf-8")

    run = bare.run("init", "--catalog", name, "--yes", "--api-key-file", "key")

    assert run.code == 0, run.stderr
    assert creates(bare) == {"J-1": {"partNumber": "7", "countryOfOrigin": "DK"}}


def test_a_database_leads_to_a_dry_run(bare: Shop) -> None:
    with sqlite3.connect(bare.folder / "erp.db") as database:
        database.execute("CREATE TABLE items (item_no, mfr_part_number, notes, coo, modified)")
        database.execute("INSERT INTO items VALUES ('D-1', 'P-1', 'x', 'China', '2026-01-01')")
    database.close()

    line = ("init", "--catalog", "sqlite:///erp.db", "--table", "items", "--yes")
    run = bare.run(*line, "--api-key-file", "key")

    assert run.code == 0, run.stderr
    assert written(bare)["catalog"]["url"] == f"sqlite:///{bare.folder}/erp.db"
    assert '# updated_column = "modified"\n' in bare.configuration.read_text(encoding="utf-8")
    assert creates(bare) == {"D-1": {"partNumber": "P-1", "countryOfOrigin": "CN"}}


class Woo(BaseHTTPRequestHandler):
    """One product of a shop on WooCommerce, for whoever has the secret."""

    def do_GET(self) -> None:
        expected = b64encode(b"ck_1:cs_hush").decode()
        is_known = self.headers["Authorization"] == f"Basic {expected}"
        products = [] if "/variations" in self.path else [PRODUCT]
        body = orjson.dumps(products if is_known else {"message": "no"})
        self.send_response(200 if is_known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-WP-Total", str(len(products)))
        self.send_header("X-WP-TotalPages", str(len(products)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its own name
        """Say nothing."""


@pytest.fixture
def woo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Woo) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


WRAPPED: dict[str, Any] = {
    "meta": {"took": 3, "tags": ["a", "b"]},
    "data": {"product-list": [{"sku": "J-1", "mpn": "P-1", "hs_code": "6404.20"}]},
}


@pytest.fixture
def export() -> Iterator[RawServer]:
    with raw_server() as server:
        yield server


def test_records_within_an_object_are_found_where_there_is_but_one_list(
    bare: Shop, export: RawServer
) -> None:
    export.answers(lambda _: Reply(body=orjson.dumps(WRAPPED)))

    run = bare.run("init", "--catalog", f"{export.url}/all", "--yes", "--api-key-file", "key")

    assert run.code == 0, run.stderr
    assert written(bare)["catalog"]["records"] == 'data."product-list"'
    assert "The records stand at data" in run.stdout + run.stderr
    assert creates(bare)["J-1"]["hsCode"] == "6404.20"


def test_several_lists_are_named_and_nothing_is_tried_again(bare: Shop, export: RawServer) -> None:
    export.answers(lambda _: Reply(body=orjson.dumps(WRAPPED | {"facets": [{"of": "brand"}]})))

    run = bare.run("init", "--catalog", f"{export.url}/all", "--yes")

    assert run.code == 2
    assert 'several lists: data."product-list", facets' in run.stderr
    assert len(export.asked) == 1


def test_a_guess_that_is_not_sure_enough_is_told_with_how_to_take_it(bare: Shop) -> None:
    rows = "".join(f"A-{n},P-{n},{origin}\n" for n, origin in enumerate(["DE", "CN", "US", "IT"]))
    (bare.folder / "export.csv").write_text(f"sku,mpn,c1\n{rows}", encoding="utf-8")

    run = bare.run("init", "--catalog", "export.csv", "--yes")

    assert "country_of_origin" not in written(bare)["catalog"]["mapping"]
    told = " ".join((run.stdout + run.stderr).split())
    assert "country_of_origin may be “c1” (4 of 4 values read as countries)" in told
    assert "add --map country_of_origin=c1" in told


def test_a_preset_brings_its_mapping_and_takes_what_it_needs_by_set(bare: Shop, woo: str) -> None:
    (bare.folder / "shop-key").write_text("cs_hush\n")
    needed = ("--set", f"url={woo}", "--set", "auth.username=ck_1")
    secret = ("--set", "auth.secret_file=shop-key", "--api-key-file", "key")

    refused = bare.run("init", "--catalog", "woocommerce", "--yes", *needed[:2])
    run = bare.run("init", "--catalog", "woocommerce", "--yes", *needed, *secret)

    assert refused.code == 2
    assert "this does not lead to a catalog yet" in refused.stderr
    assert run.code == 0, run.stderr
    catalog = written(bare)["catalog"]
    assert catalog["auth"] == {"username": "ck_1", "secret_file": "shop-key"}
    assert "id" not in catalog["mapping"]
    assert catalog["mapping"]["country_of_origin"] == {
        "field": "country_of_origin",
        "countries": "names",
    }
    assert "filter" not in catalog
    assert creates(bare)["W-1"]["countryOfOrigin"] == "IT"


def test_a_configuration_elsewhere_finds_its_catalog_all_the_same(bare: Shop) -> None:
    (bare.folder / "export.csv").write_text(GERMAN, encoding="utf-8")
    (bare.folder / "etc").mkdir()

    run = bare.run(
        "init", "--catalog", "export.csv", "--yes", "--out", "etc/s.toml", "--api-key-file", "key"
    )

    assert run.code == 0, run.stderr
    assert written(bare, "etc/s.toml")["catalog"]["path"] == str(bare.folder / "export.csv")
    assert written(bare, "etc/s.toml")["digital_river"]["api_key_file"] == str(bare.folder / "key")
    assert len(creates(bare, "--config", "etc/s.toml")) == 3


def test_check_accepts_what_was_written_and_shows_how_values_are_read(bare: Shop) -> None:
    (bare.folder / "export.csv").write_text(GERMAN, encoding="utf-8")
    bare.run("init", "--catalog", "export.csv", "--yes", "--api-key-file", "key")

    told = bare.run("check", "--format", "json", **here(bare)).json()

    assert {one["part"]: one["health"] for one in told["parts"]}["catalog"] == "ok"
    assert {one["attribute"]: one["usable"] for one in told["attributes"]} == dict.fromkeys(
        ("id", "manufacturerId", "partNumber", "countryOfOrigin", "hsCode"), 3
    )
    assert {"attribute": "countryOfOrigin", "raw": "Deutschland", "value": "DE"} in told["examples"]


def test_a_column_whose_name_stands_there_twice_is_not_proposed(bare: Shop) -> None:
    (bare.folder / "export.csv").write_text("sku,mpn,mpn,part_number\nA,1,2,3\n", encoding="utf-8")

    run = bare.run("init", "--catalog", "export.csv", "--yes", "--api-key-file", "key")

    assert "their names stand there twice: mpn\n" in run.stderr
    assert creates(bare) == {"A": {"partNumber": "3"}}


def test_nothing_that_is_there_is_replaced_unless_told_so(bare: Shop) -> None:
    (bare.folder / "export.csv").write_text(GERMAN, encoding="utf-8")
    bare.configuration.write_text("mine")

    refused = bare.run("init", "--catalog", "export.csv", "--yes")
    assert (refused.code, bare.configuration.read_text()) == (2, "mine")
    assert "--force" in refused.stderr

    assert bare.run("init", "--catalog", "export.csv", "--yes", "--force").code == 0
    assert written(bare)["catalog"]["path"] == "export.csv"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("export.csv",), 2, "there is no terminal to answer on"),
        (("nowhere.csv", "--yes"), 1, "there is no such file"),
        (("latin.csv", "--yes"), 1, "iconv -f WINDOWS-1252"),
        (("export.csv", "--yes", "--table", "x"), 2, "the source is no database"),
        (("sqlite:///erp.db", "--yes"), 2, "Add --table"),
        (("export.csv", "--yes", "--map", "sku=x"), 2, "it names none of id, part_number"),
        (("export.csv", "--yes", "--map", "id=Artikelnumer"), 2, "the nearest is “Artikelnummer”"),
        (("export.csv", "--yes", "--set", "delimiter"), 2, "Write --set KEY=VALUE"),
        (("export.csv", "--yes", "--set", "delimitr=;"), 2, "catalog.delimitr is not a known key"),
        (("shopify", "--yes"), 2, "catalog.url is missing"),
        (("export.csv", "--yes", "--api-key-file", "none"), 2, "there is no such file"),
        (("export.csv", "--yes", "--out", "none/x.toml"), 2, "there is no folder"),
        (("postgresql+psycopg://me:hush@127.0.0.1:9/x", "--yes", "--table", "t"), 1, "127.0.0.1"),
    ],
)
def test_what_cannot_work_is_refused_with_what_helps(
    bare: Shop, arguments: Sequence[str], code: int, words: str
) -> None:
    (bare.folder / "export.csv").write_text(GERMAN, encoding="utf-8")
    (bare.folder / "latin.csv").write_bytes(GERMAN.replace("Hut", "Hüte").encode("latin-1"))

    run = bare.run("init", "--catalog", *arguments)

    assert run.code == code, run.stderr
    assert words in run.stderr
    assert "hush" not in run.stderr + run.stdout
    assert not bare.configuration.exists()


# ------------------------------------------------------------------------------ on a terminal


def on_a_terminal(shop: Shop, arguments: Sequence[str], answers: Sequence[str]) -> Run:
    """Answer each question as soon as it stands there."""
    inner, outer = pty.openpty()
    environment = {**clean_environment(), "TERM": "dumb", "COLUMNS": "100"}
    process = subprocess.Popen(
        [SYNCD, "init", *arguments],
        cwd=shop.folder,
        env=environment,
        stdin=outer,
        stdout=outer,
        stderr=outer,
        start_new_session=True,
    )
    os.close(outer)
    said = "".join(_talk(inner, iter(answers)))
    os.close(inner)
    return Run(process.wait(LONGEST), said, said)


def _talk(terminal: int, answers: Iterator[str]) -> Iterator[str]:
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 1)
        try:
            said = os.read(terminal, 65_536).decode() if ready else ""
        except OSError:  # the process has gone
            return
        yield said
        if said.endswith(("]: ", "later): ")):
            os.write(terminal, f"{next(answers, '')}\n".encode())


def test_a_person_is_asked_and_enter_takes_the_guess(bare: Shop) -> None:
    (bare.folder / "products.csv").write_text(SHOPIFY, encoding="utf-8")
    answers = ["", "x", "-", "4", "-", "", "", "Title", "", "n", KEY]

    run = on_a_terminal(bare, ["--catalog", "products.csv"], answers)

    assert run.code == 0, run.stdout
    assert "products.csv: 3 rows were looked at, with 8 columns." in run.stdout
    assert "There is no column x." in run.stdout
    assert "This one is needed: name a column." in run.stdout
    assert KEY not in run.stdout
    assert written(bare)["catalog"] == {
        "type": "file",
        "path": "products.csv",
        "mapping": {
            "id": "Variant SKU",
            "part_number": "Variant SKU",
            "country_of_origin": "COO",
            "hs_code": "Title",
            "allow_oversell": {
                "field": "Variant Inventory Policy",
                "values": {"continue": "true", "deny": "false"},
            },
        },
    }
    assert written(bare)["digital_river"] == {"api_key": KEY}


def test_answers_that_end_too_soon_write_nothing(bare: Shop) -> None:
    (bare.folder / "products.csv").write_text(SHOPIFY, encoding="utf-8")

    run = on_a_terminal(bare, ["--catalog", "products.csv"], ["", "\x04"])

    assert run.code == 2
    assert "the answers ended before the questions did" in run.stdout
    assert not bare.configuration.exists()
