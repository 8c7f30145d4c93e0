"""The validator: judges a rendered request body against one model's fields and rules.

The shape of a request (everything but the words of its texts) is judged once, and that nothing is wrong with it is
remembered: the takes of a project differ mostly in their words. Texts, and files that somebody knows, are judged each
time.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kling_render.catalog.checks import CHECKS
from kling_render.catalog.files import MediaUrl, judge_seconds, judge_urls, media_urls
from kling_render.catalog.media import MediaLookup, nothing_known
from kling_render.catalog.models import ModelSpec, Rule, Severity, effective, same
from kling_render.catalog.texts import take_texts
from kling_render.catalog.values import given, judge_text, judge_value, show

_REMEMBERED = 4096
_KEY_FORMAT = 2  # the newest marshal format in which equal values have equal bytes


@dataclass(frozen=True)
class Finding:
    """One thing the API would refuse (or might not like): field path, value, rule in words, source of the rule."""

    field: str
    value: Any
    message: str
    source: str
    severity: Severity = "error"


@dataclass(frozen=True)
class _Shape:
    """What is remembered of a request without its words.

    Attributes:
        is_right: whether nothing is wrong with its fields and rules.
        absent: whether some of its fields count as not given.
        urls: of its media.
        url_findings: what is said of these where nobody knows the files.
    """

    is_right: bool
    absent: bool
    urls: tuple[MediaUrl, ...]
    url_findings: tuple[Finding, ...]


class Judge:
    """Judges requests for one model on one action."""

    def __init__(self, model: ModelSpec) -> None:
        self._model = model
        self._spot = f"{model.name} ({model.action})"
        self._order = (*model.fields, *model.forbidden)
        self._texts = {name: spec for name, spec in model.fields.items() if spec.holds_text}
        self._checks = [CHECKS[name] for name in model.checks]
        self._remembered: dict[bytes, _Shape] = {}

    def judge(self, body: Mapping[str, Any], media: MediaLookup = nothing_known) -> list[Finding]:
        """Everything wrong or doubtful in `body`, whatever the order of its keys.

        Absent means missing, null, an empty string or an empty list; `false` is present.
        """
        without_words, texts = take_texts(self._texts, body)
        shape = self._shape(without_words, body)
        present = self._present(body) if shape.absent or not shape.is_right else body
        findings = [] if shape.is_right else list(self._judge_fields(present))
        for spec, path, text in texts:
            findings += [self._named(*verdict) for verdict in judge_text(spec, path, text)]
        for check in self._checks:
            findings += [self._named(*verdict) for verdict in check(self._model, present)]
        if shape.urls:
            findings += self._judge_media(shape, present, media)
        return findings

    def _present(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return given(body, self._order)

    def _shape(self, without_words: dict[str, Any], body: Mapping[str, Any]) -> _Shape:
        try:
            key = marshal.dumps(without_words, _KEY_FORMAT)
        except ValueError:  # no JSON, or nested too deeply: judged all the same, but not remembered
            return self._look_at(body)
        shape = self._remembered.get(key)
        if shape is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            shape = self._remembered[key] = self._look_at(body)
        return shape

    def _look_at(self, body: Mapping[str, Any]) -> _Shape:
        present = self._present(body)
        urls = tuple(media_urls(self._model, present))
        said = tuple(self._named(*verdict) for verdict in judge_urls(urls, nothing_known))
        is_right = next(self._judge_fields(present), None) is None
        return _Shape(is_right, len(present) < len(body), urls, said)

    def _judge_media(self, shape: _Shape, present: Mapping[str, Any], media: MediaLookup) -> list[Finding]:
        if media is nothing_known or not any(media(url) for _, _, url in shape.urls):
            return list(shape.url_findings)
        verdicts = [*judge_urls(shape.urls, media), *judge_seconds(self._model, present, media)]
        return [self._named(*verdict) for verdict in verdicts]

    def _judge_fields(self, present: Mapping[str, Any]) -> Iterator[Finding]:
        for name, value in present.items():
            yield from self._judge_field(name, value)
        for name in ("model", *self._model.required):
            if name not in present:
                yield Finding(name, None, f"{name} is required by {self._spot}", self._model.source)
        for rule in self._model.rules:
            if rule.holds(present, self._model.fields):
                yield from self._judge_presence(rule, present)
                yield from self._judge_values(rule, present)

    def _judge_field(self, name: str, value: Any) -> Iterator[Finding]:
        spec = self._model.fields.get(name)
        if spec is not None:
            yield from (self._named(*verdict) for verdict in judge_value(spec, name, value))
        elif name not in self._model.forbidden:
            yield Finding(name, value, f"{name} = {show(value)} is not a field of {self._spot}", self._model.source)
        elif value:
            yield Finding(name, value, f"{name} = {show(value)} is not allowed for {self._spot}", self._model.source)
        else:
            text = f"{name} is not allowed for {self._spot}, not even {show(value)}"
            yield Finding(name, value, text, self._model.source)

    def _judge_presence(self, rule: Rule, present: Mapping[str, Any]) -> Iterator[Finding]:
        for name in rule.require:
            if name not in present:
                yield self._broken(rule, name, None, f"{name} is missing")
        chosen = [name for name in rule.require_one if name in present]
        if rule.require_one and len(chosen) != 1:
            name = (chosen or rule.require_one)[0]
            shown = " and ".join(f"{each} = {show(present[each])}" for each in chosen)
            said = shown or f"{' or '.join(rule.require_one)} is missing"
            yield self._broken(rule, name, present.get(name), said)
        for name in rule.forbid:
            if name in present:
                yield self._broken(rule, name, present[name], f"{name} = {show(present[name])} is not allowed here")
        for name in rule.advise:
            yield self._broken(rule, name, present.get(name), self._counts_as(name, present), "warning")

    def _judge_values(self, rule: Rule, present: Mapping[str, Any]) -> Iterator[Finding]:
        for name, allowed in rule.values.items():
            value = effective(name, present, self._model.fields)
            if value is not None and not any(same(value, each) for each in allowed):
                yield self._broken(rule, name, value, self._counts_as(name, present))
        for name, most in rule.max_items.items():
            entries = present.get(name)
            if isinstance(entries, list) and len(entries) > most:
                yield self._broken(rule, name, entries, f"{name} has {len(entries)} entries")

    def _counts_as(self, name: str, present: Mapping[str, Any]) -> str:
        """A field with the value that counts."""
        value = effective(name, present, self._model.fields)
        if value is None:
            return f"{name} is missing"
        return f"{name} = {show(value)}{'' if name in present else ' (its default)'}"

    def _broken(self, rule: Rule, name: str, value: Any, said: str, severity: Severity = "error") -> Finding:
        return self._named(name, value, f"{said}: {rule.why}", rule.source, severity)

    def _named(self, path: str, value: Any, text: str, source: str, severity: Severity) -> Finding:
        return Finding(path, value, f"{text}, for {self._spot}", source, severity)
