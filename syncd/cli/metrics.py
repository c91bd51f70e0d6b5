"""`syncd metrics`: the dashboard and the alert rules that come with syncd."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import typer

from syncd.cli.options import Shared, with_shared_options
from syncd.errors import UsageError

Dashboard: TypeAlias = Annotated[
    bool, typer.Option("--dashboard", help="The dashboard, as Grafana imports it.")
]
Alerts: TypeAlias = Annotated[
    bool, typer.Option("--alerts", help="The alert rules, as Prometheus reads them.")
]
_NEXT_STEP: Final = "Give it --dashboard or --alerts"


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("metrics")(with_shared_options(_metrics))


def _metrics(shared: Shared, dashboard: Dashboard = False, alerts: Alerts = False) -> None:
    """Print what makes the figures of /metrics visible elsewhere."""
    from importlib.resources import files

    from syncd.cli.results import Results

    if dashboard == alerts:
        raise UsageError("syncd metrics", "it prints one of two things", _NEXT_STEP)
    name = "grafana-dashboard.json" if dashboard else "alert-rules.yml"
    Results(shared).text(files("syncd.data").joinpath(name).read_text(encoding="utf-8"))
