"""Elements as templates see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ElementText:
    """One element in a template: `{{ element.mira }}` prints `printed`, its public fields can be read."""

    name: str
    description: str
    printed: str

    def __str__(self) -> str:
        return self.printed


class ElementTexts(Mapping[str, ElementText]):
    """All elements, as the variable `element`."""

    def __init__(self, texts: Mapping[str, ElementText]) -> None:
        self._texts = texts

    def __getitem__(self, name: str) -> ElementText:
        return self._texts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)
