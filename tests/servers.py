"""Real database servers for tests: started in a moment, on a folder in memory, and thrown away.

PostgreSQL is the one that SYNCD_TEST_POSTGRES_URL names (it must ask for a password, and its user
be able to make schemas and users), or the newest that Debian has installed; MariaDB is Debian's.
`tests/run` installs both.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import psutil
import psycopg
import pymysql
import pytest
from sqlalchemy import URL, Engine, NullPool, create_engine, make_url

from tests.ports import free_port

PASSWORD: Final = "s3cr3t/of:ours"
"""The password of the user that tests connect with; it needs quoting in a URL."""

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - servers write hundreds of files before they answer
_PATIENCE: Final = 30.0
_PAUSE: Final = 0.01


class MissingServerError(Exception):
    """A server that the tests need is not installed."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `pid` is 0 where it is not ours to stop.

    `controlled` is what restarts it, and its folder.
    """

    url: URL
    pid: int
    controlled: tuple[Path, Path] | None = None

    @property
    def kind(self) -> str:
        """The database's name in SQLAlchemy's URLs."""
        return self.url.get_backend_name()

    def engine(self, url: str | None = None) -> Engine:
        """Connect as the user who may do everything."""
        return create_engine(url or self.url, poolclass=NullPool)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty place of its own for tables, and give the URL that leads there."""
        name = f"t{uuid4().hex}"
        engine = self.engine()
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        yield self._url_of(name).render_as_string(hide_password=False)
        with engine.begin() as connection:
            cascade = " CASCADE" if self.kind == "postgresql" else ""
            connection.exec_driver_sql(f"DROP SCHEMA {name}{cascade}")

    def _url_of(self, name: str) -> URL:
        """A schema is a database to MariaDB."""
        if self.kind == "postgresql":
            return self.url.update_query_dict({"options": f"-csearch_path={name}"})
        return self.url.set(database=name)

    def restart(self) -> None:
        """Have it end every session at once and start again on its files."""
        assert self.controlled is not None
        program, folder = self.controlled
        _control(program, folder, "restart", "--mode=fast", "--wait", "--log=log-of-restarts")

    def kill(self) -> None:
        """Let it die at once, as by a power cut."""
        process = psutil.Process(self.pid)
        for one in (process, *process.children(recursive=True)):
            one.send_signal(signal.SIGKILL)
        _gone(self.pid)


@contextmanager
def postgres() -> Iterator[Server]:
    """Run PostgreSQL, or use the one that the environment names."""
    given = os.environ.get("SYNCD_TEST_POSTGRES_URL")
    if given:
        yield Server(make_url(given).set(drivername="postgresql+psycopg"), 0)
        return
    with own_postgres() as server:
        yield server


@contextmanager
def own_postgres(connections: int = 30) -> Iterator[Server]:
    """Run a PostgreSQL that a test may kill, or restart."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    program = max(found, key=lambda path: float(path.parts[-3]), default=None)
    if program is None:
        raise MissingServerError("PostgreSQL is missing: install Debian's postgresql")
    with _folder("postgres") as folder:
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        _run(
            "postgres",
            folder,
            [str(program.with_name("initdb")), "--pgdata=data", "--username=tester", "--no-sync"],
            ["--auth=password", "--pwfile=password", "--encoding=UTF8", "--locale=C.UTF-8"],
        )
        port = free_port()
        url = URL.create("postgresql+psycopg", "tester", PASSWORD, "127.0.0.1", port, "postgres")
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "max_connections": str(connections),
            "shared_buffers": "32MB",
            "dynamic_shared_memory_type": "mmap",  # a killed one would leave its own behind
        }
        settings = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        command = [str(program), "-D", "data", *settings]
        control = program.with_name("pg_ctl")
        with _running("postgres", folder, command, lambda: _answers(url)) as pid:
            try:
                yield Server(url, pid, (control, folder))
            finally:
                if _is_another(folder, pid):  # it was restarted
                    _control(control, folder, "stop", "--mode=immediate")


def _is_another(folder: Path, pid: int) -> bool:
    """Whether a server runs there, or died there, that is not this one."""
    file = folder / "data" / "postmaster.pid"
    return file.exists() and file.read_text().split()[0] != str(pid)


@contextmanager
def mariadb() -> Iterator[Server]:
    """Run a MariaDB that a test may kill."""
    program = shutil.which("mariadbd", path=f"/usr/sbin:{os.environ.get('PATH', '')}")
    if program is None:
        raise MissingServerError("MariaDB is missing: install Debian's mariadb-server")
    with _folder("mysql") as folder:
        where = [f"--datadir={folder / 'data'}", f"--tmpdir={folder}", "--innodb-log-file-size=8M"]
        _run(
            "mysql",
            folder,
            ["mariadb-install-db", "--no-defaults", *where, "--skip-test-db"],
            ["--auth-root-authentication-method=normal"],
        )
        (folder / "users.sql").write_text(
            f"CREATE USER tester IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON *.* TO tester WITH GRANT OPTION;\n"
        )
        (folder / "users.sql").chmod(0o644)
        port = free_port()
        url = URL.create("mariadb+pymysql", "tester", PASSWORD, "127.0.0.1", port)
        command = [
            *(program, "--no-defaults", *where, f"--port={port}", "--bind-address=127.0.0.1"),
            *(f"--socket={folder / 'socket'}", f"--init-file={folder / 'users.sql'}"),
            *("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"),
            *("--skip-name-resolve", "--innodb-buffer-pool-size=64M"),
            "--character-set-server=utf8mb4",
        ]
        with _running("mysql", folder, command, lambda: _answers(url)) as pid:
            yield Server(url, pid)


@contextmanager
def _folder(user: str) -> Iterator[Path]:
    """A folder in memory where there is such a place, which the server's user may enter."""
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="syncd-test-", dir=place))
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(user: str, folder: Path, *command: Sequence[str]) -> None:
    words = [word for part in command for word in part]
    subprocess.run(words, cwd=folder, user=_as(user), check=True, stdout=subprocess.DEVNULL)


def _control(program: Path, folder: Path, *words: str) -> None:
    _run("postgres", folder, [str(program), "--pgdata=data", "--silent", *words])


def _as(user: str) -> str | None:
    """Neither server agrees to run as root."""
    return user if os.geteuid() == 0 else None


@contextmanager
def _running(
    user: str, folder: Path, command: Sequence[str], answers: Callable[[], bool]
) -> Iterator[int]:
    """Start a server and wait until it answers; it ends with the block, whatever happens in it."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, user=_as(user), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + _PATIENCE
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise MissingServerError((folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(_PAUSE)
        yield process.pid
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGQUIT if user == "postgres" else signal.SIGKILL)
        process.wait(_PATIENCE)


def _answers(url: URL) -> bool:
    try:
        with create_engine(url, poolclass=NullPool).connect():
            return True
    except Exception as error:
        if isinstance(error.__cause__, psycopg.OperationalError | pymysql.OperationalError):
            return False
        raise


def _gone(pid: int) -> None:
    try:
        psutil.Process(pid).wait(_PATIENCE)
    except psutil.NoSuchProcess:
        return


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One PostgreSQL for all tests of this process."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    """One MariaDB for all tests of this process."""
    with mariadb() as server:
        yield server
