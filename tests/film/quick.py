"""Films of quick clips: one second of 32x18 in place of each real one."""

from __future__ import annotations

from mock_server.media import ClipSpec, Cut, encode

HEAD = """\
schema = 1
[project]
name = "film"
id = "film-1"
[defaults]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
"""


def tiny(spec: ClipSpec) -> bytes:
    """A clip of one second, with sound where one was asked for."""
    return encode(ClipSpec(spec.title, "", "", "", "", (Cut("", 1),), 32, 18, spec.sound, spec.seed, fps=4))
