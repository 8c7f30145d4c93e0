"""What a verdict says: findings, each with its code, its requests and its price."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from kling_render.catalog import exact_usd, format_usd

Code = Literal[
    "double_billed",
    "repeated_without_key",
    "repeated_with_new_key",
    "retry_after_ignored",
    "retry_storm",
    "polled_too_fast",
    "never_downloaded",
    "left_to_expire",
    "key_sent_to_media",
    "journal_incomplete",
]
CODES: tuple[Code, ...] = get_args(Code)

_ADVICE: Mapping[Code, str] = {
    "double_billed": "Repeat a create with the same Idempotency-Key and bytes until its result is known.",
    "repeated_without_key": "Send an Idempotency-Key with every create, and the same one when it is repeated.",
    "repeated_with_new_key": "After an unknown result, repeat with the same Idempotency-Key: a new one buys anew.",
    "retry_after_ignored": "Wait as long as Retry-After says before the same request is sent again.",
    "retry_storm": "Let pauses between retries grow, with jitter, and end them.",
    "polled_too_fast": "Look at a task every two seconds or so, and obey Retry-After.",
    "never_downloaded": "Download every clip that was paid for.",
    "left_to_expire": "Download clips at once: the URL of a result dies.",
    "key_sent_to_media": "Send the API key to the API alone: not with downloads, uploads or in an address.",
    "journal_incomplete": "Raise Config.journal_entries, or judge a shorter run.",
}


@dataclass(frozen=True)
class Finding:
    """One thing that a careful client would not have done.

    Attributes:
        code: what it is.
        text: the case, in words.
        micro_usd: what it cost, or will have; 0 where that cannot be said.
        requests: numbers of the journal's entries that show it.
    """

    code: Code
    text: str
    micro_usd: int = 0
    requests: tuple[int, ...] = ()

    @property
    def advice(self) -> str:
        """What a client does better."""
        return _ADVICE[self.code]

    def __str__(self) -> str:
        cost = f" ({format_usd(self.micro_usd)})" if self.micro_usd else ""
        shown = ", ".join(f"#{number}" for number in self.requests[:5]) + (" …" if len(self.requests) > 5 else "")
        return f"{self.code}: {self.text}{cost}{f'  [{shown}]' if shown else ''}"


@dataclass(frozen=True)
class Verdict:
    """All findings, gravest kind first, in the order of the journal."""

    findings: tuple[Finding, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to say."""
        return not self.findings

    @property
    def wasted_micro_usd(self) -> int:
        """What all of it cost."""
        return sum(each.micro_usd for each in self.findings)

    def without(self, codes: Collection[str]) -> Verdict:
        """The verdict without findings that somebody has allowed."""
        return replace(self, findings=tuple(each for each in self.findings if each.code not in codes))

    def lines(self) -> list[str]:
        """The verdict for people: each finding, and once for each code what to do."""
        if self.is_clean:
            return ["verdict: clean"]
        told: set[str] = set()
        lines = [f"verdict: {len(self.findings)} found, {format_usd(self.wasted_micro_usd)} wasted"]
        for finding in self.findings:
            lines.append(f"  {finding}")
            if finding.code not in told:
                lines.append(f"    {finding.advice}")
            told.add(finding.code)
        return lines

    def shown(self) -> dict[str, Any]:
        """The verdict as JSON; amounts are decimal texts in USD."""
        return {
            "clean": self.is_clean,
            "wasted_usd": exact_usd(self.wasted_micro_usd),
            "findings": [
                {
                    "code": each.code,
                    "text": each.text,
                    "usd": exact_usd(each.micro_usd),
                    "requests": list(each.requests),
                    "advice": each.advice,
                }
                for each in self.findings
            ],
        }
