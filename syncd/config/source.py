"""What all kinds of sources have in common: what says where they are, and what gives them sense."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import get_annotations
from typing import ClassVar

from syncd.config.section import Section


class SourceSection(Section):
    """The keys of one kind of source, in a catalog or in a join; told apart by `type`."""

    PLACE: ClassVar[frozenset[str]] = frozenset({"type"})
    """Keys that say where the rows come from, and nothing on what they mean."""
    PACE: ClassVar[frozenset[str]] = frozenset()
    """Keys that say how fast and how patiently to read."""
    SECRET: ClassVar[frozenset[str]] = frozenset()
    """Keys of secrets and of the files that hold them, on which no row depends."""

    def place(self) -> Mapping[str, object]:
        """Give what says where the rows come from, as JSON has it and without any secret."""
        return self.as_json(self.PLACE - self.SECRET)

    def dialect(self) -> Mapping[str, object]:
        """Give what else decides which rows come from there and what they say, as JSON has it."""
        apart = self.PLACE | self.PACE | self.SECRET
        return self.as_json(self._own_keys() - apart)

    @classmethod
    def _own_keys(cls) -> set[str]:
        """The keys of the source itself, without those that a catalog or a join adds to them."""
        own = (kind for kind in cls.__mro__ if issubclass(kind, SourceSection))
        return {key for kind in own for key in get_annotations(kind)} & set(cls.model_fields)
