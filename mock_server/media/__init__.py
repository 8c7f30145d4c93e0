"""The clips the mock server hands out: real MP4 files, drawn and encoded from a `ClipSpec` alone.

Importing this package loads neither PyAV nor Pillow; the first `encode` does.
"""

from mock_server.media.spec import ClipSpec, Cut, frame_size

__all__ = ["ClipSpec", "Cut", "encode", "frame_size"]


def encode(spec: ClipSpec) -> bytes:
    """Draw and encode one clip in memory.

    The same spec gives the same bytes on one platform with one version of PyAV and Pillow: nothing else is read,
    no clock, no randomness, no file but the bundled fonts.

    Args:
        spec: What the clip shows, its size in pixels and its length in seconds.

    Returns:
        An MP4 file with its index in front: H.264, and AAC exactly when `spec.sound` is on.
    """
    from mock_server.media import clip  # PyAV and Pillow cost 100 ms that a server without renders need not pay

    return clip.encode(spec)
