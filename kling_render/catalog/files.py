"""Judges the files behind media URLs: by their content where it is known, else by host and extension of the URL."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from kling_render.catalog.media import MediaFacts, MediaLookup
from kling_render.catalog.models import FieldSpec, ModelSpec
from kling_render.catalog.values import Verdict, show

_IPV4_IN_DISGUISE = re.compile(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){0,3}")
"""Hexadecimal, octal and shortened addresses, which resolvers take and `ipaddress` does not."""

_RESERVED = tuple(
    ipaddress.ip_network(block)
    for block in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "192.0.0.0/24", "192.88.99.0/24", "3fff::/20")
)
"""Blocks that `ipaddress` may count as global: bridges to any IPv4 address, and late reservations."""


MediaUrl = tuple[FieldSpec, str, str]
"""The spec of a media URL, its path, and the URL."""


def media_urls(model: ModelSpec, body: Mapping[str, Any]) -> list[MediaUrl]:
    """Every media URL of a request."""
    named = ((name, value, model.fields.get(name)) for name, value in body.items())
    held = ((name, value, spec) for name, value, spec in named if spec is not None and spec.holds_media)
    return [url for name, value, spec in held for url in _urls(spec, name, value)]


def judge_urls(urls: Iterable[MediaUrl], media: MediaLookup) -> Iterator[Verdict]:
    """What is wrong with the files behind some URLs; of a file that nobody knows, its URL is judged."""
    for spec, path, url in urls:
        facts = media(url)
        yield from _judge_url(spec, path, url) if facts is None else _judge_facts(spec, path, facts)


def judge_seconds(model: ModelSpec, body: Mapping[str, Any], media: MediaLookup) -> Iterator[Verdict]:
    """What is wrong with the lengths of the files of a request."""
    for rule in model.rules:
        for name, (least, most) in rule.media_seconds.items():
            url = body.get(name)
            facts = media(url) if isinstance(url, str) and rule.holds(body, model.fields) else None
            if facts is not None and facts.seconds is not None and not least <= facts.seconds <= most:
                yield name, facts.seconds, f"{name} lasts {facts.seconds:g} s: {rule.why}", rule.source, "error"


def is_public(url: str) -> bool:
    """Whether anyone can reach the host of an http(s) URL: no credentials, no localhost, no reserved address."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        if not host or parts.username is not None or parts.password is not None:
            return False
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return False
    looks_like_an_address = host[-1].isdigit() or ":" in host  # names are common, and dear to parse as addresses
    try:
        address = ipaddress.ip_address(host) if looks_like_an_address else None
    except ValueError:
        address = None
    if address is None:
        return _IPV4_IN_DISGUISE.fullmatch(host) is None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    reserved = any(address.version == block.version and address in block for block in _RESERVED)
    return address.is_global and not address.is_multicast and not reserved


def _urls(spec: FieldSpec, path: str, value: Any) -> Iterator[tuple[FieldSpec, str, str]]:
    """Every media URL in a value, with its spec and path."""
    if isinstance(value, str):
        if spec.media and value:
            yield spec, path, value
    elif isinstance(value, list) and spec.of is not None:
        for at, each in enumerate(value):
            yield from _urls(spec.of, f"{path}[{at}]", each)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if name in spec.fields:
                yield from _urls(spec.fields[name], f"{path}.{name}", each)


def _judge_url(spec: FieldSpec, path: str, url: str) -> Iterator[Verdict]:
    if not is_public(url):
        if spec.public:
            yield path, url, f"{path} = {show(url)} must be a public http(s) URL", spec.source, "error"
        elif url.startswith(("http://", "https://")):
            yield (
                path,
                url,
                f"{path} = {show(url)} is not a public address: RunAPI cannot fetch it",
                "project",
                "warning",
            )
    elif spec.extensions and (found := _extension(url)) not in spec.extensions:
        choice = ", ".join(spec.extensions)
        text = f"{path} = {show(url)} must end in one of {choice}" + (f", not {found}" if found else "")
        yield path, url, text, spec.source, "error"


def _extension(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).suffix.lower().removeprefix(".")


def _judge_facts(spec: FieldSpec, path: str, facts: MediaFacts) -> Iterator[Verdict]:
    if facts.kind != spec.media:
        yield (
            path,
            facts.format,
            f"{path} needs {_KINDS[spec.media]}, and the file is {_KINDS[facts.kind]}",
            spec.source,
            "error",
        )
        return
    if spec.formats and facts.format not in spec.formats:
        text = f"{path} is a {facts.format} file, it must be {' or '.join(spec.formats)}"
        yield path, facts.format, text, spec.source, "error"
    if spec.advised_formats and facts.format not in spec.advised_formats:
        text = f"{path} is a {facts.format} file, other than {' or '.join(spec.advised_formats)} may be refused"
        yield path, facts.format, text, spec.advised_source, "warning"
    if spec.advised_max_bytes is not None and facts.byte_count > spec.advised_max_bytes:
        text = (
            f"{path} has {_megabytes(facts.byte_count)}, more than {_megabytes(spec.advised_max_bytes)} may be refused"
        )
        yield path, facts.byte_count, text, spec.advised_source, "warning"
    yield from _judge_size(spec, path, facts)


def _judge_size(spec: FieldSpec, path: str, facts: MediaFacts) -> Iterator[Verdict]:
    if spec.advised_min_pixels is None or facts.width is None or facts.height is None:
        return
    if min(facts.width, facts.height) < spec.advised_min_pixels:
        size = f"{facts.width}x{facts.height}"
        text = f"{path} is {size} pixels, less than {spec.advised_min_pixels} on a side may be refused"
        yield path, size, text, spec.advised_source, "warning"


_KINDS = {"image": "an image", "video": "a video", "audio": "an audio file"}


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB"
