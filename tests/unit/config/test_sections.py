"""What the sections refuse, what they mean to the engine, and what they keep to themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr, ValidationError

from syncd.config import (
    CatalogMapping,
    ColumnMapping,
    DigitalRiverSettings,
    FileCatalog,
    GuardSettings,
    HttpCatalog,
    NotifySettings,
    PolicySettings,
    RuleSettings,
    Settings,
    StateSettings,
)
from syncd.config.section import Section
from syncd.domain.attributes import Attribute
from syncd.domain.policy import Limits, Policy, PolicyMode

SKU = ColumnMapping(field="sku")
MPN = ColumnMapping(field="mpn")
SECTIONS = [
    type(field.default)
    for each in (Settings, HttpCatalog)
    for field in each.model_fields.values()
    if isinstance(field.default, Section)
]


def remote(
    key: str = "sk_test_4f1c", url: str = "https://api.digitalriver.com"
) -> DigitalRiverSettings:
    return DigitalRiverSettings(api_key=SecretStr(key), base_url=url)


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_section_at_its_defaults_is_what_an_empty_table_makes_it(kind: type[Section]) -> None:
    assert kind.model_construct() == kind.model_validate({})


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_section_is_written_as_pydantic_writes_it(kind: type[Section]) -> None:
    usual = kind.model_construct()
    assert usual.as_json() == usual.model_dump(mode="json")


def test_a_mapping_is_written_as_pydantic_writes_it() -> None:
    mapping = CatalogMapping(
        id=SKU, part_number=MPN, eccn=ColumnMapping(field="e", values={"a": "b"}, default="EAR99")
    )
    assert mapping.as_json() == mapping.model_dump(mode="json")
    assert list(mapping.as_json({"part_number", "id"})) == ["id", "part_number"]


def test_no_secret_is_written(settings: Settings) -> None:
    remote = settings.digital_river
    assert remote.as_json() == remote.model_dump(mode="json")
    assert "4f1c" not in str(remote.as_json())


def test_a_column_alone_is_short_for_its_field() -> None:
    mapping = CatalogMapping.model_validate({"id": "sku", "part_number": {"field": "mpn"}})
    assert (mapping.id, mapping.part_number) == (SKU, MPN)


def test_defaults_and_values_may_be_numbers_and_truth_values() -> None:
    column = ColumnMapping.model_validate(
        {"field": "policy", "default": False, "values": {"continue": True, "n": 1, "no": "false"}}
    )
    assert column.default == "false"
    assert column.values == {"continue": "true", "n": "1", "no": "false"}


def test_the_mapped_attributes_come_without_the_id() -> None:
    mapping = CatalogMapping(id=SKU, part_number=MPN, allow_oversell=ColumnMapping(default="true"))
    assert mapping.by_attribute() == {
        Attribute.PART_NUMBER: MPN,
        Attribute.ALLOW_OVERSELL: ColumnMapping(default="true"),
    }


@pytest.mark.parametrize(
    "column", [{"default": "x"}, {"field": "sku", "default": "x"}, {}, {"field": ""}, 5, ["sku"]]
)
def test_an_id_is_always_a_column(column: object) -> None:
    with pytest.raises(ValidationError):
        CatalogMapping.model_validate({"id": column, "part_number": "mpn"})


@pytest.mark.parametrize(
    "keys",
    [
        {"delimiter": ";;"},
        {"delimiter": "\n"},
        {"delimiter": ""},
        {"delimiter": '"'},
        {"quote": "''"},
        {"encoding": "latin-1"},
        {"format": "xls"},
        {"final_newline": "maybe"},
        {"trailer": "# rows"},
        {"trailer": "{count} of {count}"},
        {"trailer": "{count}\n"},
        {"threads": 0},
        {"path": ""},
        {"path": "a\0b"},
        {"filter": {"physical": []}},
    ],
)
def test_a_dialect_that_cannot_be_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FileCatalog.model_validate(
            {"path": "a.csv", "mapping": {"id": "sku", "part_number": "mpn"}, **keys}
        )


def test_a_filter_takes_numbers_and_truth_values_as_they_stand_in_a_catalog() -> None:
    catalog = FileCatalog.model_validate(
        {
            "path": "a.csv",
            "mapping": {"id": "sku", "part_number": "mpn"},
            "filter": {"physical": ["true", 1, True], "active": True},
        }
    )
    assert catalog.filter == {"physical": ("true", "1", "true"), "active": ("true",)}


@pytest.mark.parametrize(
    ("key", "given", "rate"),
    [("sk_test_4f1c", None, 25.0), ("sk_9a77", None, 250.0), ("sk_test_4f1c", 3.5, 3.5)],
)
def test_the_rate_comes_from_the_key_unless_given(key: str, given: float, rate: float) -> None:
    settings = DigitalRiverSettings(api_key=SecretStr(key), requests_per_second=given)
    assert settings.rate == rate


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.digitalriver.com",
        "ftp://api.digitalriver.com",
        "https://",
        "https://host:port",
        "https://user:pass@host",
        "https://host?x=1",
        "https://host#x",
        "https://[::1",
        "https://host\n",
    ],
)
def test_a_base_url_is_plain_http(url: str) -> None:
    with pytest.raises(ValidationError, match="must be a URL such as"):
        remote(url=url)


def test_a_base_url_ends_without_a_slash() -> None:
    assert remote(url="https://api.digitalriver.com/").base_url == "https://api.digitalriver.com"


def test_a_live_key_may_go_encrypted() -> None:
    assert remote("sk_9a77", "https://shop.example").base_url == "https://shop.example"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1", "https://shop.example"]
)
def test_a_test_key_may_go_to_a_sandbox_on_this_machine(url: str) -> None:
    assert remote("sk_test_9a77", url).base_url == url


@pytest.mark.parametrize(
    "url",
    ["http://api.digitalriver.com", "http://10.0.0.1", "http://127.0.0.1:8080", "http://localhost"],
)
def test_a_live_key_is_never_sent_unencrypted(url: str) -> None:
    with pytest.raises(ValidationError, match="unencrypted"):
        remote("sk_9a77", url)


@pytest.mark.parametrize("key", ["", "sk_test_…", "sk test", "sk_test_4f1c\n", "sk\x00"])
def test_a_key_fits_into_a_header(key: str) -> None:
    with pytest.raises(ValidationError, match="as Digital River shows it"):
        remote(key)


@pytest.mark.parametrize(
    "url",
    [
        *("syncd.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://h/x"),
        *(
            "sqlite:///x\0.db",
            "sqlite:///?a",
            "postgresql://h",
            "postgresql://h/",
            "postgresql+asyncpg://h/x",
        ),
    ],
)
def test_a_state_is_a_sqlite_file_or_a_postgresql_database(url: str) -> None:
    with pytest.raises(ValidationError, match="must name a SQLite file"):
        StateSettings(url=url, account="main")


@pytest.mark.parametrize("url", ["postgresql://h/syncd", "postgresql+psycopg://u:p%40x@h:1/syncd"])
def test_an_account_has_a_name_among_those_that_share_a_database(url: str) -> None:
    assert StateSettings(url=url, account="acme-eu").account == "acme-eu"
    with pytest.raises(ValidationError, match="account has to be set where url is on PostgreSQL"):
        StateSettings(url=url)


@pytest.mark.parametrize("account", ["", "Acme", "-a", "a b", 'a"b', "a" * 41])
def test_an_account_s_name_is_a_plain_short_word(account: str) -> None:
    with pytest.raises(ValidationError, match="match pattern"):
        StateSettings(account=account)


def test_the_defaults_are_those_of_the_engine() -> None:
    assert GuardSettings().to_limits() == Limits()
    assert PolicySettings().to_policy(GuardSettings()) == Policy()


def test_every_limit_reaches_the_engine() -> None:
    guards = GuardSettings(
        max_delete=1,
        max_update=2,
        max_create=3,
        budget_window=timedelta(hours=4),
        min_items_for_share=5,
        canary=6,
        max_shrink=7,
        max_same_change=8,
    )
    assert guards.to_limits() == Limits(1, 2, 3, timedelta(hours=4), 5, 6, 7, 8)


def test_the_whole_policy_reaches_the_engine() -> None:
    guards = GuardSettings(delete_after=timedelta(hours=1), delete_reads=5, keep_stocked=False)
    policy = PolicySettings(
        mode="create-only", adopt=False, retry_quarantined=timedelta(hours=2)
    ).to_policy(guards)
    assert policy == Policy(
        PolicyMode.CREATE_ONLY,
        adopt=False,
        delete_after=timedelta(hours=1),
        delete_reads=5,
        keep_stocked=False,
        retry_quarantined=timedelta(hours=2),
    )


def test_own_eccns_extend_the_rule_book() -> None:
    plain = RuleSettings().to_rule_book()
    book = RuleSettings(approved_eccns=("9A999.x",), barred_eccns=("EAR99",)).to_rule_book()
    assert book.approved_eccns - plain.approved_eccns == {"9A999.x"}
    assert book.barred_eccns - plain.barred_eccns == {"EAR99"}


def test_nothing_secret_is_in_what_settings_print(settings: Settings) -> None:
    secretive = settings.model_copy(
        update={
            "state": StateSettings.model_construct(url="postgresql://me:hunter22@host/db"),
            "notify": NotifySettings(urls=(SecretStr("slack://T0KEN/CH4N"),)),
        }
    )
    printed = f"{secretive!r} {secretive} {secretive.digital_river} {secretive.state!r}"
    for secret in ("4f1c", "hunter22", "T0KEN"):
        assert secret not in printed
    assert secretive.secrets() == {"sk_test_4f1c", "hunter22", "slack://T0KEN/CH4N"}


def test_settings_cannot_be_changed(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings.guards.max_delete = 1.0  # type: ignore[misc] # what the test is about
