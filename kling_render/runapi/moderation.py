"""Whether a refusal comes from content moderation.

RunAPI publishes no form for it, neither a status nor a code: these are the words that video and image APIs use. A
wrong "yes" costs one task that is not tried again by itself, a wrong "no" pays for the same refusal again.
"""

from __future__ import annotations

import re

WORDS = (
    "content filter",
    "content policy",
    "content violation",
    "inappropriate",
    "moderated",
    "moderation",
    "nsfw",
    "policy violation",
    "prohibited content",
    "risk control",
    "safety",
    "sensitive",
)
"""In any case, and with any signs between the words: `CONTENT_POLICY_VIOLATION` has one of them."""

_SIGNS = re.compile(r"[\W_]+")
_CAMEL_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(rf"(?<!case )\b({'|'.join(WORDS)})\b")  # "case-sensitive" is about letters
_QUOTED = re.compile(r"""(?<!\w)'.*?'(?!\w)|".*?"|`.*?`|“.*?”|«.*?»""")


def is_moderation(code: str | None, text: str | None) -> bool:
    """Judge by the error's code first, then by its text, in which quotations do not count: they repeat the prompt."""
    return _has_word(code or "") or _has_word(_QUOTED.sub(" ", text or ""))


def _has_word(text: str) -> bool:
    return _WORD.search(_SIGNS.sub(" ", _CAMEL_HUMP.sub(" ", text)).lower()) is not None
