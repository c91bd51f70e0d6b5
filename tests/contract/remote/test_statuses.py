"""What each documented error status of each call comes to, on a mock and over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Final, Protocol

import pytest
import respx
from pydantic import SecretStr

from syncd.config import DigitalRiverSettings
from syncd.digital_river.client import DigitalRiver
from syncd.digital_river.pacer import MemoryPacer
from syncd.domain.attributes import Attribute, AttributeChange, ItemId
from syncd.domain.change import Action, Change, Resource
from syncd.domain.delivery import (
    Accepted,
    Exists,
    Forbidden,
    Gone,
    KeyRefused,
    Outcome,
    Refused,
    Transient,
)
from syncd.domain.level import LevelFilter
from syncd.errors import (
    KeyRefusedError,
    RemoteError,
    RemoteUnavailableError,
    ResourceForbiddenError,
)
from syncd.sandbox import Fault, FaultKind, RunningSandbox, SandboxSettings, running_sandbox
from tests.fakes.clocks import LeapingClock
from tests.vendor_document import documented_statuses, load_vendor_document

if TYPE_CHECKING:
    from tests.vendor_document import Operation

BASE_URL: Final = "https://api.example.com"
SHOE: Final = ItemId("shoe")
PART: Final = {Attribute.PART_NUMBER: AttributeChange(None, "P")}
NAME: Final = {Attribute.NAME: AttributeChange("Shoe", "Boot")}
SKU: Final = {
    Attribute.NAME: AttributeChange(None, "Shoe"),
    Attribute.COUNTRY_OF_ORIGIN: AttributeChange(None, "DK"),
    Attribute.ECCN: AttributeChange(None, "EAR99"),
    Attribute.TAX_CODE: AttributeChange(None, "4323.310_A"),
}
ITEMS, SKUS, LEVELS = "/inventory-items", "/skus", "/inventory-levels"
CREATE, UPDATE, DELETE, READ = "create", "update", "delete", "read"

WRITES: Final[Mapping[Operation, tuple[str, Change]]] = {
    ("POST", ITEMS): (CREATE, Change(SHOE, Action.CREATE, 1, PART)),
    ("POST", f"{ITEMS}/{{id}}"): (UPDATE, Change(SHOE, Action.UPDATE, 1, PART)),
    ("DELETE", f"{ITEMS}/{{id}}"): (DELETE, Change(SHOE, Action.DELETE, 1)),
    ("POST", SKUS): (CREATE, Change(SHOE, Action.CREATE, 1, SKU, resource=Resource.SKU)),
    ("POST", f"{SKUS}/{{id}}"): (
        UPDATE,
        Change(SHOE, Action.UPDATE, 1, NAME, resource=Resource.SKU),
    ),
    ("DELETE", f"{SKUS}/{{id}}"): (DELETE, Change(SHOE, Action.DELETE, 1, resource=Resource.SKU)),
}
READS: Final[Mapping[Operation, Callable[[DigitalRiver], Awaitable[object]]]] = {
    ("GET", ITEMS): lambda remote: remote.items([SHOE]),
    ("GET", SKUS): lambda remote: remote.skus([SHOE]),
    ("GET", LEVELS): lambda remote: remote.levels([SHOE], LevelFilter()),
}
NEVER_CALLED: Final = {
    ("GET", f"{ITEMS}/{{id}}"),  # syncd asks for a hundred ids at a time instead
    ("GET", f"{SKUS}/{{id}}"),
    ("PUT", f"{SKUS}/{{id}}"),  # what it does to attributes that are not sent is not documented
}


@dataclass(frozen=True)
class Doubt:
    """A failure that may pass by itself; `in_doubt` where the write may have been carried out."""

    in_doubt: bool


REFUSED_FOR_GOOD: Final = dict.fromkeys((400, 405, 406), Refused)
DOUBTFUL: Final = dict.fromkeys((408, 500, 502, 503, 504), Doubt(in_doubt=True))
BESIDES: Final[Mapping[int, type[Outcome] | Doubt]] = {
    **REFUSED_FOR_GOOD,
    401: KeyRefused,
    403: Forbidden,
    429: Doubt(in_doubt=False),
    **DOUBTFUL,
}
MEANINGS: Final[Mapping[str, Mapping[int, type[Outcome | RemoteError] | Doubt]]] = {
    CREATE: {**BESIDES, 409: Refused},
    UPDATE: {**BESIDES, 404: Gone, 409: Refused},
    DELETE: {**BESIDES, 404: Gone, 409: Refused},
    READ: {
        **dict.fromkeys((400, 405, 406), RemoteUnavailableError),
        401: KeyRefusedError,
        403: ResourceForbiddenError,
        **dict.fromkeys((408, 429, 500, 502, 503, 504), RemoteUnavailableError),
    },
}
"""What each status means for each kind of call; a conflict that names another code than
`already_exists` refuses a create as well."""
MAY_PASS: Final = (408, 429, 500, 502, 503, 504)

WRITTEN: Final = [
    pytest.param(operation, status, id=f"{' '.join(operation)} {status}")
    for operation, (kind, _) in WRITES.items()
    for status in MEANINGS[kind]
]
READ_CASES: Final = [
    pytest.param(operation, status, id=f"{' '.join(operation)} {status}")
    for operation in READS
    for status in MEANINGS[READ]
]


class Wire(Protocol):
    """Where requests go."""

    url: str

    def fail(self, operation: Operation, status: int, times: int | None = None) -> None:
        """Answer one kind of call with a status from now on, or so many times."""

    def fill(self, path: str) -> None:
        """Let the object be there that a create would make."""

    def asked(self) -> int:
        """How many requests have come since it began to fail."""


class Mocked:
    """Answers by respx."""

    url = BASE_URL

    def __init__(self, router: respx.MockRouter) -> None:
        self._router = router

    def fail(self, operation: Operation, status: int, times: int | None = None) -> None:
        method, path = operation
        failure = respx.MockResponse(status, json=_error(status))
        found = respx.MockResponse(200, json={"hasMore": False, "data": []})
        answers = repeat(failure) if times is None else [*repeat(failure, times), found]
        route = self._router.route(method=method, path=path.replace("{id}", SHOE))
        route.mock(side_effect=answers)

    def fill(self, path: str) -> None:
        self._router.post(path).respond(409, json=_error(409, "already_exists"))

    def asked(self) -> int:
        return len(self._router.calls)


class Socket:
    """Answers by the sandbox, over a real socket."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.url = sandbox.url
        self._store = sandbox.store

    def fail(self, operation: Operation, status: int, times: int | None = None) -> None:
        method, path = operation
        kind, place = FaultKind.STATUS, path.replace("{id}", SHOE)
        fault = Fault(kind=kind, status=status, method=method, path=place, count=times)
        self._store.reset()
        self._store.set_faults([fault])

    def fill(self, path: str) -> None:
        self._store.reset()
        seed = self._store.seed_items if path == ITEMS else self._store.seed_skus
        seed([{"id": SHOE}])

    def asked(self) -> int:
        return len(self._store.requests())


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    """One for all statuses: every test begins it anew."""
    with running_sandbox(SandboxSettings(rate_limit=0)) as running:
        yield running


@pytest.fixture(params=["on a mock", "over a socket"])
def wire(request: pytest.FixtureRequest, sandbox: RunningSandbox) -> Iterator[Wire]:
    if request.param == "over a socket":
        yield Socket(sandbox)
        return
    with respx.mock(base_url=BASE_URL, assert_all_called=False) as router:
        yield Mocked(router)


@pytest.fixture
async def remote(wire: Wire) -> AsyncIterator[DigitalRiver]:
    clock = LeapingClock()
    settings = DigitalRiverSettings(base_url=wire.url, api_key=SecretStr("sk_test_statuses"))
    client = DigitalRiver(settings, MemoryPacer(1000, clock, clock.ticks), clock, "0")
    yield client
    await client.aclose()


@pytest.mark.parametrize(("operation", "status"), WRITTEN)
async def test_what_a_status_means_for_a_write(
    wire: Wire, remote: DigitalRiver, operation: Operation, status: int
) -> None:
    kind, change = WRITES[operation]
    meaning = MEANINGS[kind][status]

    wire.fail(operation, status)
    outcome = await remote.carry_out(change)

    assert not isinstance(outcome, Accepted)
    assert outcome.failure.status == status
    assert wire.asked() == 1  # a write that failed is never repeated before its row is looked at
    if isinstance(meaning, Doubt):
        assert isinstance(outcome, Transient)
        assert outcome.in_doubt is meaning.in_doubt
    else:
        assert type(outcome) is meaning


@pytest.mark.parametrize(("operation", "status"), READ_CASES)
async def test_what_a_status_means_for_a_read(
    wire: Wire, remote: DigitalRiver, operation: Operation, status: int
) -> None:
    meaning = MEANINGS[READ][status]
    assert isinstance(meaning, type)
    assert issubclass(meaning, RemoteError)

    wire.fail(operation, status)
    with pytest.raises(meaning, match=str(status)):
        await READS[operation](remote)

    assert (wire.asked() > 1) is (status in MAY_PASS)


@pytest.mark.parametrize("status", MAY_PASS)
@pytest.mark.parametrize("operation", READS, ids=" ".join)
async def test_a_read_gets_over_what_passes(
    wire: Wire, remote: DigitalRiver, operation: Operation, status: int
) -> None:
    wire.fail(operation, status, times=1)
    await READS[operation](remote)

    assert wire.asked() == 2


@pytest.mark.parametrize("path", [ITEMS, SKUS])
async def test_a_create_of_what_is_there_is_told_from_other_conflicts(
    wire: Wire, remote: DigitalRiver, path: str
) -> None:
    _, change = WRITES["POST", path]
    wire.fill(path)

    assert isinstance(await remote.carry_out(change), Exists)


def test_every_documented_status_of_every_call_has_its_row() -> None:
    if load_vendor_document() is None:
        pytest.skip("the vendor's document is not beside this project")
    documented = {
        (operation, status)
        for operation, statuses in documented_statuses((ITEMS, SKUS, LEVELS)).items()
        for status in statuses
        if operation not in NEVER_CALLED
    }
    rows = {(operation, one) for operation, (kind, _) in WRITES.items() for one in MEANINGS[kind]}
    rows |= {(operation, status) for operation in READS for status in MEANINGS[READ]}

    assert documented - rows == set()


def _error(status: int, code: str = "some_code") -> dict[str, object]:
    return {"type": "some_type", "errors": [{"code": code, "message": f"so it is, {status}"}]}
