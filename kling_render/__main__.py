"""`python -m kling_render`."""

from kling_render.cli import main

main()
