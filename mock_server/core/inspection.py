"""Looks into files that were uploaded, with the renderer's own eyes."""

from __future__ import annotations

from kling_render.catalog import MediaFacts


def facts_of(content: bytes) -> MediaFacts | None:
    """What a file is by its content; None when it is no picture, video or sound."""
    from kling_render.media import NotMediaError, inspect_media  # late: for those who upload nothing

    try:
        return inspect_media(content)
    except NotMediaError:
        return None


def mime_type_of(facts: MediaFacts) -> str:
    """The content type of such a file."""
    from kling_render.media import media_type

    return media_type(facts)
