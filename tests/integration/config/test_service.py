"""The secrets of `[service]`: where they may stand, and that they are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.config import Settings
from tests.integration.config.conftest import COMPLETE, Loaded, Refused

TOKEN = "a-long-random-word"
VARIABLE = "SYNCD_SERVICE__WEBHOOK_SECRETS"


def token_of(settings: Settings) -> str | None:
    token = settings.service.token
    return None if token is None else token.get_secret_value()


def secrets_of(settings: Settings) -> list[str]:
    return [one.get_secret_value() for one in settings.service.webhook_secrets or ()]


def test_each_may_stand_in_a_file_of_its_own(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "secrets").write_text("old\nnew\n\n")
    files = '[service]\ntoken_file = "token"\nwebhook_secrets_file = "secrets"\n'
    settings = loaded(COMPLETE + files)

    assert (token_of(settings), secrets_of(settings)) == (TOKEN, ["old", "new"])


def test_each_may_be_a_credential(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "service.token").write_text(TOKEN)
    (tmp_path / "service.webhook_secrets").write_text("old\r\nnew")
    settings = loaded(COMPLETE, {"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert (token_of(settings), secrets_of(settings)) == (TOKEN, ["old", "new"])


@pytest.mark.parametrize(
    ("text", "secrets"), [('["old", "new"]', ["old", "new"]), ("whsec_1", ["whsec_1"]), ("[]", [])]
)
def test_several_fit_into_a_variable(loaded: Loaded, text: str, secrets: list[str]) -> None:
    assert secrets_of(loaded(COMPLETE, {VARIABLE: text})) == secrets


def test_they_are_kept_out_of_whatever_is_shown(loaded: Loaded) -> None:
    written = f'[service]\ntoken = "{TOKEN}"\nwebhook_secrets = ["old-secret"]\n'
    settings = loaded(COMPLETE + written)

    assert settings.secrets() >= {TOKEN, "old-secret"}
    assert all(one not in repr(settings) for one in (TOKEN, "old-secret"))


def test_a_token_that_is_refused_is_not_shown(refused: Refused) -> None:
    words = refused(f'{COMPLETE}[service]\ntoken = "too-short"\n')

    assert "service.token" in words
    assert "openssl rand -hex 24" in words
    assert "too-short" not in words


def test_an_address_that_others_reach_needs_a_token(loaded: Loaded, refused: Refused) -> None:
    everywhere = f'{COMPLETE}[service]\nlisten = "0.0.0.0:9464"\n'

    assert "token" in refused(everywhere)
    assert token_of(loaded(everywhere, {"SYNCD_SERVICE__TOKEN": TOKEN})) == TOKEN


@pytest.mark.parametrize(
    "listen", ["", "9464", "localhost", "localhost:0", "localhost:65536", "no"]
)
def test_what_is_no_address_is_refused(refused: Refused, listen: str) -> None:
    assert '"off"' in refused(f'{COMPLETE}[service]\nlisten = "{listen}"\n')


def test_a_service_may_listen_nowhere(loaded: Loaded) -> None:
    assert loaded(f'{COMPLETE}[service]\nlisten = "off"\n').service.listen == "off"
