"""The audit of dependencies never takes silence for a clean bill."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Final

import pytest

SCRIPT: Final = Path(__file__).resolve().parents[2] / ".ci" / "audit_locks.py"
CLEAN: Final = {"name": "a", "version": "1", "vulns": []}
UNKNOWN: Final = {"name": "b", "skip_reason": "not found"}
BROKEN: Final = {"name": "c", "version": "2", "vulns": [{"id": "V-1", "fix_versions": ["3"]}]}


@pytest.fixture(scope="module")
def audit() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("audit_locks", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([CLEAN], 0, "(1 audited)"),
        ([CLEAN, UNKNOWN], 2, "Not audited: 1 of 2 packages, such as b."),
        ([], 2, "Not audited: 0 of 0 packages."),
        ([CLEAN, BROKEN, UNKNOWN], 1, "c 2: V-1, mended in 3"),
    ],
)
def test_only_what_was_asked_about_can_be_clean(
    audit: ModuleType, packages: list[object], code: int, words: str
) -> None:
    found = audit.verdict(json.dumps({"dependencies": packages}), "")

    assert found.code == code
    assert words in found.words


@pytest.mark.parametrize("report", ["", "{}", "no JSON"])
def test_a_run_without_a_report_is_no_pass_and_says_why(audit: ModuleType, report: str) -> None:
    found = audit.verdict(report, "Traceback\nConnectionError: nobody answers\n")

    assert found.code == 2
    assert "ConnectionError: nobody answers" in found.words
    assert "no pass" in found.words


class Knowing(BaseHTTPRequestHandler):
    """A list of vulnerabilities that knows of one, in jinja2."""

    asked: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        known = {"id": "V-7", "published": "2026-01-01T00:00:00Z", "affected": []}
        is_known = self.asked[-1]["package"]["name"] == "jinja2"
        answer = json.dumps({"vulns": [known]} if is_known else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def locked(folder: Path) -> list[str]:
    lock = folder / "requirements.lock"
    lines = (f"{name}==1.0 --hash=sha256:{'0' * 64}\n" for name in ("jinja2", "rich"))
    lock.write_text("".join(lines))
    return [str(lock)]


def test_pip_audit_itself_is_understood(audit: ModuleType, tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Knowing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        options = [
            f"--osv-url=http://127.0.0.1:{server.server_port}/",
            "--vulnerability-service=osv",
        ]
        found = audit.audited(locked(tmp_path), options)
        server.shutdown()
    away = audit.audited(locked(tmp_path), options)

    assert (found.code, found.words) == (1, "jinja2 1.0: V-7, mended in no version yet")
    assert sorted(one["package"]["name"] for one in Knowing.asked) == ["jinja2", "rich"]
    assert away.code == 2
