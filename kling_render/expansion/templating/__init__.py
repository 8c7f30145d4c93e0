"""Sandboxed Jinja: judged before it is rendered, bounded by counts, every fault at its character."""
