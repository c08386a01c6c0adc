"""The figures of `xtalker.evaluate`."""

from xtalker.evaluate.scores import FIGURES, Mouth, Row, figures_of, improvement_percent, matched

__all__ = ["FIGURES", "Mouth", "Row", "figures_of", "improvement_percent", "matched"]
