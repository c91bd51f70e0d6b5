"""Queries of Prometheus, as its own grammar reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import promql_parser
from promql_parser import AggregateExpr, BinaryExpr, Expr, VectorSelector

_GRAFANAS: Final = {"$__rate_interval": "5m"}
"""What Grafana puts into a query before Prometheus has it."""


@dataclass
class Query:
    """What is asked for: metrics, and labels that they are chosen, grouped or joined by."""

    text: str
    names: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)

    def take(self, part: Expr) -> None:
        """Note what one part of it asks for."""
        match part:
            case VectorSelector():
                self.names.add(part.name or "")
                self.labels.update(one.name for one in part.matchers.matchers)
            case AggregateExpr() if part.modifier is not None:
                self.labels.update(part.modifier.labels)
            case BinaryExpr() if part.modifier is not None and part.modifier.matching is not None:
                self.labels.update(part.modifier.matching.labels)
            case _:
                pass


def query_of(text: str) -> Query:
    """Read a query; raises `ValueError` where Prometheus would refuse it."""
    query = Query(text)
    for name, value in _GRAFANAS.items():
        text = text.replace(name, value)
    promql_parser.walk(promql_parser.parse(text), query.take)
    return query
