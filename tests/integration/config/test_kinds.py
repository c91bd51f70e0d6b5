"""`[catalog]` has other keys for each kind of source, and so has each source joined to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from syncd.config import FileCatalog, FileJoin, Settings, SqlCatalog, SqlJoin, parts_of_meaning
from tests.integration.config.conftest import COMPLETE, Loaded, Refused

REST = COMPLETE.partition("\n")[2].partition("\n")[2]
"""The complete configuration without the head of `[catalog]` and its path."""
SECRET = "hunter22"
URL = f"postgresql+psycopg://reader:{SECRET}@db.example.com/shop"
SQL = f'[catalog]\ntype = "sql"\nurl = "{URL}"\ntable = "products"\n{REST}'
MAPPED = COMPLETE.replace('part_number = "mpn"', 'part_number = "mpn"\nhs_code = "erp.hs"')
JOIN = '[[catalog.join]]\nname = "erp"\nkey = "item_no"\npath = "erp.csv"\n'


def sql_of(settings: Settings) -> SqlCatalog:
    assert isinstance(settings.catalog, SqlCatalog)
    return settings.catalog


def url_of(settings: Settings) -> str:
    return sql_of(settings).url.get_secret_value()


class TestTheKind:
    def test_is_a_file_unless_it_is_named(self, loaded: Loaded) -> None:
        assert isinstance(loaded().catalog, FileCatalog)
        assert isinstance(loaded(SQL).catalog, SqlCatalog)

    def test_may_come_from_the_environment(self, loaded: Loaded) -> None:
        environment = {
            "SYNCD_CATALOG__TYPE": "sql",
            "SYNCD_CATALOG__URL": URL,
            "SYNCD_CATALOG__TABLE": "products",
        }
        assert url_of(loaded(f"[catalog]\n{REST}", environment)) == URL

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                COMPLETE.replace("[catalog]", '[catalog]\ntype = "ftp"'),
                'line 2: catalog.type is "ftp", but must be one of "file", "sql", "http", ',
            ),
            ('catalog = 5\n[digital_river]\napi_key = "k"\n', "line 1: catalog must be a table"),
            (
                COMPLETE.replace("path =", "table ="),
                'line 2: catalog.table is a key of type = "sql", but catalog.type is "file"',
            ),
            (
                SQL.replace("table =", "path ="),
                'line 4: catalog.path is a key of type = "file" or type = "http", but catalog.ty',
            ),
            (
                SQL.replace("table =", "tabel ="),
                "line 4: catalog.tabel is not a known key; the nearest one is catalog.table",
            ),
            (
                SQL.replace(f'url = "{URL}"\n', ""),
                "catalog.url is missing (The database as an SQLAlchemy URL",
            ),
            (SQL + "[catalog.filter]\nactive = []\n", "catalog.filter.active is [], but must name"),
        ],
    )
    def test_decides_which_keys_there_are(self, refused: Refused, text: str, message: str) -> None:
        said = refused(text)
        assert message in said
        assert SECRET not in said

    def test_has_variables_of_its_own(self, refused: Refused) -> None:
        said = refused(SQL, {"SYNCD_CATALOG__PATH": "x.csv"})
        assert 'SYNCD_CATALOG__PATH: catalog.path is a key of type = "file" or' in said


class TestSecrets:
    def test_may_stand_in_a_file_beside_the_configuration(
        self, loaded: Loaded, tmp_path: Path
    ) -> None:
        (tmp_path / "url").write_text(f"{URL}\n")
        assert url_of(loaded(SQL.replace(f'url = "{URL}"', 'url_file = "url"'))) == URL

    def test_may_be_a_credential_of_the_service(self, loaded: Loaded, tmp_path: Path) -> None:
        (tmp_path / "catalog.url").write_text(URL)
        environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
        assert url_of(loaded(SQL.replace(URL, "sqlite:///other.db"), environment)) == URL

    def test_are_given_once(self, refused: Refused) -> None:
        said = refused(SQL.replace("table =", 'url_file = "url"\ntable ='))
        assert "line 4: catalog has both url and url_file; keep one of them" in said

    def test_that_cannot_be_read_are_told_by_their_key(self, refused: Refused) -> None:
        said = refused(SQL.replace(f'url = "{URL}"', 'url_file = "away"'))
        assert said.startswith("config.toml: line 3: catalog.url_file: away cannot be read: No ")

    def test_are_never_told(self, refused: Refused) -> None:
        said = refused(SQL.replace(f'url = "{URL}"', f'url = ["{URL}"]'))
        assert "catalog.url must be" in said
        assert SECRET not in said

    @pytest.mark.parametrize("text", [SQL, MAPPED + JOIN.replace("path =", "# path =")])
    def test_are_known_to_be_kept_out_of_logs(self, loaded: Loaded, text: str) -> None:
        if "[[" in text:
            text += f'type = "sql"\ntable = "erp"\nurl = "{URL}"\n'
        settings = loaded(text)
        assert {URL, SECRET, "sk_test_from_file"} <= settings.secrets()
        assert SECRET not in repr(settings)
        assert SECRET not in str(settings.catalog.place())

    def test_of_a_database_in_a_file_begin_at_the_configuration(
        self, loaded: Loaded, tmp_path: Path
    ) -> None:
        settings = loaded(SQL.replace(URL, "sqlite:///shop.db"))
        assert url_of(settings) == f"sqlite:///{tmp_path}/shop.db"


class TestJoins:
    def test_are_sources_of_their_own(self, loaded: Loaded, tmp_path: Path) -> None:
        text = (
            MAPPED.replace('"mpn"', '"db.mpn"', 1)
            + JOIN
            + (
                f'[[catalog.join]]\nname = "db"\nkey = "sku"\ntype = "sql"\nurl = "{URL}"\n'
                'table = "parts"\n'
            )
        )
        erp, db = loaded(text).catalog.join
        assert isinstance(erp, FileJoin)
        assert erp.path == f"{tmp_path}/erp.csv"
        assert isinstance(db, SqlJoin)
        assert (db.name, db.key, db.table) == ("db", "sku", "parts")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                MAPPED + JOIN.replace("path", "pathh"),
                "line 12: catalog.join.0.pathh is not a known",
            ),
            (
                MAPPED + JOIN.replace('path = "erp.csv"\n', ""),
                "line 9: catalog.join.0.path is missi",
            ),
            (
                MAPPED + JOIN + 'type = "ftp"\n',
                'line 13: catalog.join.0.type is "ftp", but must be',
            ),
            (MAPPED + JOIN.replace("erp", "e.r.p", 1), 'line 10: catalog.join.0.name is "e.r.p"'),
            (MAPPED + JOIN + JOIN, 'two of the joined sources are called "erp"'),
            (COMPLETE + JOIN, '"erp" is joined, but mapping names none of its columns'),
            (
                MAPPED.replace('id = "sku"', 'id = "erp.sku"') + JOIN,
                'mapping.id is "erp.sku", but the id must come from the catalog itself',
            ),
            (
                MAPPED + '[catalog.filter]\n"erp.active" = ["1"]\n' + JOIN,
                'filter looks at "erp.active", but which rows take part must be told',
            ),
            (
                MAPPED + JOIN + f'[[catalog.join]]\nname = "x"\ntype = "sql"\nurl = ["{URL}"]\n',
                "line 16: catalog.join.1.url must be text",
            ),
            (
                MAPPED + "[catalog.join]\nx = 1\n",
                "line 9: catalog.join must be a list",
            ),
        ],
    )
    def test_are_complained_of_with_their_lines(
        self, refused: Refused, text: str, message: str
    ) -> None:
        said = refused(text)
        assert message in said
        assert SECRET not in said

    def test_may_have_their_secret_in_the_environment(self, loaded: Loaded) -> None:
        text = MAPPED + JOIN.replace('path = "erp.csv"', 'type = "sql"\ntable = "erp"')
        (join,) = loaded(text, {"SYNCD_CATALOG__JOIN__0__URL": URL}).catalog.join
        assert isinstance(join, SqlJoin)
        assert join.url.get_secret_value() == URL

    def test_that_are_not_there_have_no_variables(self, refused: Refused) -> None:
        said = refused(MAPPED + JOIN, {"SYNCD_CATALOG__JOIN__1__PATH": "x.csv"})
        assert "SYNCD_CATALOG__JOIN__1__PATH: catalog.join.1.path is not a known key" in said

    @pytest.mark.parametrize(
        ("change", "part"),
        [
            ({'name = "erp"': 'name = "pim"', "erp.hs": "pim.hs"}, {"mapping", "dialect"}),
            ({'key = "item_no"': 'key = "code"'}, {"dialect"}),
            ({'path = "erp.csv"': 'path = "other.csv"'}, {"source"}),
            ({'path = "erp.csv"': 'path = "erp.csv"\ndelimiter = ";"'}, {"dialect"}),
        ],
    )
    def test_are_part_of_what_the_catalog_means(
        self, loaded: Loaded, change: Mapping[str, str], part: set[str]
    ) -> None:
        text = MAPPED + JOIN
        before = parts_of_meaning(loaded(text))
        for old, new in change.items():
            text = text.replace(old, new)
        after = parts_of_meaning(loaded(text))
        assert {name for name in before if before[name] != after[name]} == part


def test_the_place_of_a_database_is_a_part_without_its_password(loaded: Loaded) -> None:
    before = parts_of_meaning(loaded(SQL))
    other_password = parts_of_meaning(loaded(SQL.replace(SECRET, "other")))
    other_host = parts_of_meaning(loaded(SQL.replace("db.example", "db2.example")))
    assert other_password == before
    assert {name for name in before if before[name] != other_host[name]} == {"source"}
