"""A local stand-in for the Digital River API: its rules, limits and, if asked, its faults."""

from syncd.sandbox.app import build_app
from syncd.sandbox.errors import SandboxError, SandboxSettingsError
from syncd.sandbox.faults import Fault, FaultKind, parse_fault
from syncd.sandbox.request_log import LoggedRequest
from syncd.sandbox.server import RunningSandbox, running_sandbox, serve
from syncd.sandbox.settings import SandboxSettings
from syncd.sandbox.store import SandboxStore

__all__ = [
    "Fault",
    "FaultKind",
    "LoggedRequest",
    "RunningSandbox",
    "SandboxError",
    "SandboxSettings",
    "SandboxSettingsError",
    "SandboxStore",
    "build_app",
    "parse_fault",
    "running_sandbox",
    "serve",
]
