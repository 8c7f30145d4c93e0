"""What is right and yet doubtful: warnings that save money or takes. When in doubt, nothing is said."""

from kling_render.expansion.doubts.takes import TakeDoubts
from kling_render.expansion.doubts.twins import judge_twins
from kling_render.expansion.doubts.unused import judge_unused

__all__ = ["TakeDoubts", "judge_twins", "judge_unused"]
