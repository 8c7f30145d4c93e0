"""What `{{ super() }}` gives: the text that the value lies over."""

from __future__ import annotations


class InheritedText:
    """Stands for `super` in a template."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self) -> str:
        """The text beneath."""
        return self._text
