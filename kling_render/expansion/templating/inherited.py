"""What `{{ super() }}` calls in a text field: the text that the field would have without this shot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InheritedText:
    """The variable `super` of a field: called without arguments, it gives the inherited text, already rendered."""

    text: str

    def __call__(self) -> str:
        """The inherited text."""
        return self.text
