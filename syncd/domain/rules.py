"""The rule book: the lists that the attribute rules need, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Lists that change without the program; ECCNs in canonical form.

    `countries` are the assigned ISO 3166-1 alpha-2 codes that Digital River takes. An ECCN passes
    when it, or the listed one whose sub-paragraph it is, stands in `approved_eccns` and neither it
    nor one above it in `barred_eccns`; those in `licence_eccns` pass with a warning.
    """

    countries: frozenset[str]
    approved_eccns: frozenset[str]
    barred_eccns: frozenset[str]
    licence_eccns: frozenset[str]
