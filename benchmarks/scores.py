"""The figures of `xtalker.evaluate`."""

from xtalker.evaluate.scores import FIGURES, Mouth, Row, Shape, figures_of, improvement_percent, matched

__all__ = ["FIGURES", "Mouth", "Row", "Shape", "figures_of", "improvement_percent", "matched"]
