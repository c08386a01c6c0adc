"""The baselines of `xtalker.evaluate`."""

from xtalker.evaluate.baselines import Predictor, fit_baselines, lesson

__all__ = ["Predictor", "fit_baselines", "lesson"]
