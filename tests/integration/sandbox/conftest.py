"""A running sandbox, and a client that checks every exchange."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack

import httpx
import pytest

from syncd.sandbox import RunningSandbox, SandboxSettings, SandboxStore, running_sandbox
from tests.vendor_document import check_answer, check_exchange, load_vendor_document

if TYPE_CHECKING:
    from openapi_core import OpenAPI


class Options(TypedDict, total=False):
    """What httpx is told besides method and path."""

    json: object
    content: bytes
    params: Mapping[str, str | int | list[str]]
    headers: Mapping[str, str]
    timeout: float | httpx.Timeout


@dataclass(frozen=True)
class CheckedClient:
    """Talks to one sandbox; every exchange has to be as the vendor's document says."""

    http: httpx.Client
    sandbox: RunningSandbox
    document: OpenAPI | None

    @property
    def store(self) -> SandboxStore:
        return self.sandbox.store

    def send(self, method: str, path: str, **options: Unpack[Options]) -> httpx.Response:
        """Send a request that the document knows."""
        answer = self.http.request(method, path, **options)
        if self.document is not None:
            check_exchange(
                self.document,
                method,
                str(answer.request.url),
                answer.request.headers,
                answer.request.content,
                answer.status_code,
                answer.headers,
                answer.content,
            )
        return answer

    def send_wrong(self, method: str, path: str, **options: Unpack[Options]) -> httpx.Response:
        """Send a request that the document does not know; its answer is checked all the same."""
        answer = self.http.request(method, path, **options)
        if self.document is not None:
            check_answer(
                self.document,
                method,
                str(answer.request.url),
                answer.status_code,
                answer.headers,
                answer.content,
            )
        return answer


# Loading certificates for every client would take longer than most tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Connect: TypeAlias = Callable[..., CheckedClient]


@pytest.fixture
def document() -> OpenAPI:
    """The vendor's document; what needs it is skipped where it is absent."""
    found = load_vendor_document()
    if found is None:
        pytest.skip("the vendor's document is not beside this project")
    return found


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Start a sandbox with the given settings and return a client of it."""
    with ExitStack() as stack:

        def start(*, key: str = "sk_test_key", **settings: Any) -> CheckedClient:  # noqa: ANN401 - SandboxSettings checks
            options = SandboxSettings(**{"rate_limit": 0, **settings})
            sandbox = stack.enter_context(running_sandbox(options))
            headers = {"authorization": f"Bearer {key}"}
            http = stack.enter_context(
                httpx.Client(base_url=sandbox.url, headers=headers, verify=NO_TLS)
            )
            return CheckedClient(http, sandbox, load_vendor_document())

        yield start


@pytest.fixture
def client(connect: Connect) -> CheckedClient:
    """A client of a sandbox with default rules and no limit."""
    return connect()
