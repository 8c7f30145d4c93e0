"""Makes a faulty tag of a template right in the simplest way, so that reading can go on behind it."""

from __future__ import annotations

from bisect import bisect_right

from jinja2 import TemplateSyntaxError
from jinja2.lexer import Token

from kling_render.catalog import closest
from kling_render.expansion.templating.lexing import Spot

BLOCKS = ("autoescape", "block", "call", "filter", "for", "if", "macro", "raw", "set", "with")
TAGS = (*BLOCKS, "else", "elif", "extends", "from", "import", "include", *(f"end{name}" for name in BLOCKS))
_MENDED = {
    "autoescape": "autoescape false", "call": "call namespace ( )", "elif": "elif true", "filter": "filter trim",
    "for": "for _ in ( )", "if": "if true", "macro": "macro _ ( )", "with": "with",
}  # fmt: skip
_KINDS = {"(": "lparen", ")": "rparen"}
_BEGINS = ("variable_begin", "block_begin")
_ENDS = ("variable_end", "block_end")


class UnclosedBlockError(TemplateSyntaxError):
    """A block without its end; the place is its opening tag."""


def mend(tokens: list[Token], error: TemplateSyntaxError, doubtful: set[str]) -> bool:
    """Makes the faulty span right in the simplest way; False when there is none."""
    if not isinstance(error.lineno, Spot):
        return False
    at = bisect_right(tokens, error.lineno.offset, key=_offset) - 1
    begin = next((index for index in range(at, -1, -1) if tokens[index].type in _BEGINS), None)
    end = next((index for index in range(max(at, 0), len(tokens)) if tokens[index].type in _ENDS), None)
    if begin is None or end is None:
        return False
    tag = str(tokens[begin + 1].value)
    if isinstance(error, UnclosedBlockError):
        _close(tokens, begin, tag)
        return True
    doubtful.update(str(token.value) for token in tokens[begin:end] if token.type == "name")
    tokens[begin : end + 1] = _mended_span(tokens[begin : end + 1], tag)
    return True


def closed_span(span: list[Token]) -> list[Token]:
    """The tokens of a span that could not be read to its end, as a span that can."""
    if len(span) < 2 or span[0].type != "block_begin" or span[1].type != "name":
        return []
    tag, end = str(span[1].value), Token(span[1].lineno, "block_end", "%}")
    if tag == "else" or tag.startswith("end"):
        return [*span[:2], end]
    return _mended_span([*span, end], tag) if tag in TAGS else []


def _offset(token: Token) -> int:
    return token.lineno.offset if isinstance(token.lineno, Spot) else 0


def _close(tokens: list[Token], opening: int, tag: str) -> None:
    """Adds the missing end before the first tag that belongs to a block around it, or at the very end."""
    depth, at = 0, len(tokens)
    for index in range(opening + 2, len(tokens) - 1):
        if tokens[index].type != "block_begin":
            continue
        following = str(tokens[index + 1].value)
        stray = following in ("else", "elif") and tag not in ("if", "for")
        if depth == 0 and (stray or following.startswith("end")):
            at = index
            break
        depth += _opens(tokens, index + 1) - following.startswith("end")
    kinds = (("block_begin", "{%"), ("name", f"end{tag}"), ("block_end", "%}"))
    tokens[at:at] = [Token(tokens[at - 1].lineno, kind, text) for kind, text in kinds]


def closest_tag(name: str) -> str | None:
    """The tag that was meant; swapped letters go before missing ones, so that `fro` is `for` rather than `from`."""
    swapped = (tag for tag in TAGS if sorted(tag) == sorted(name))
    return next(swapped, None) or closest(name, TAGS)


def _opens(tokens: list[Token], at: int) -> bool:
    name = str(tokens[at].value)
    if name != "set":
        return name in BLOCKS
    for token in tokens[at:]:
        if token.type in ("assign", "block_end"):
            return token.type == "block_end"
    return False


def _mended_span(span: list[Token], tag: str) -> list[Token]:
    """A span of the same kind that says as little as possible; nothing where nothing depends on it."""
    if span[0].type == "variable_begin":
        return []
    known = tag if tag in TAGS else closest_tag(tag)
    if tag not in TAGS and known is not None:
        return [span[0], span[1]._replace(value=known), *span[2:]]
    if known is None:
        return []
    if known == "set" and any(token.type == "assign" for token in span):
        return []
    words = _MENDED.get(known, known if known.startswith("e") and known != "extends" else "")
    if known in ("block", "set"):
        words = f"{known} _{_offset(span[0])}"
    if not words or (known.startswith("e") and len(span) == 3):  # a right end at a wrong place
        return []
    middle = [Token(span[1].lineno, _KINDS.get(word, "name"), word) for word in words.split(" ")]
    return [span[0], *middle, span[-1]]
