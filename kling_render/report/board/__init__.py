"""The board: one HTML file with every shot as a card, its takes side by side, and the film played from them."""

from kling_render.report.board.board import Source, board_html, read_source, write_board

__all__ = ["Source", "board_html", "read_source", "write_board"]
