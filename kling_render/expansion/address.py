"""Addresses of takes: `walk#2`. Names and numbers only, so that moving a shot changes none."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADDRESS = re.compile(r"(?P<shot>[A-Za-z0-9_-]+)#(?P<number>[1-9][0-9]*)")


@dataclass(frozen=True, order=True)
class Address:
    """Which take of which shot. A shot without variants has one address per take."""

    shot: str
    number: int

    def __str__(self) -> str:
        return f"{self.shot}#{self.number}"

    @property
    def short_id(self) -> str:
        """The short form accepted wherever an address is; for a shot without variants, the address itself."""
        return str(self)

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address in a text.

        Raises:
            ValueError: it is not an address.
        """
        match = _ADDRESS.fullmatch(text)
        if match is None:
            raise ValueError(f'"{text}" is not an address such as walk#1')
        return cls(match["shot"], int(match["number"]))
