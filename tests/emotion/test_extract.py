from __future__ import annotations

import numpy as np
import pytest

from xtalker.emotion.extract import LabelledClip, extract_templates
from xtalker.emotion.templates import designed_templates
from xtalker.values import InputError
from xtalker.values.conventions import CHANNEL
from xtalker.values.tracks import EMOTIONS

KNOWN = designed_templates().expression


def _corpus(people: int, *, with_neutral: bool) -> list[LabelledClip]:
    rng = np.random.default_rng(0)
    clips = []
    for person in range(people):
        own = np.abs(rng.normal(0, 0.1, 50))
        rise = np.sin(np.linspace(0, np.pi, 80))[:, None]
        speech = np.zeros((80, 50))
        speech[:, CHANNEL["mouthFunnel"]] = np.abs(rng.normal(0, 0.2, 80)) * (rng.random(80) < 0.4)
        for number, emotion in enumerate((*EMOTIONS, "neutral")):
            if emotion == "neutral" and not with_neutral:
                continue
            shown = 0 if emotion == "neutral" else rng.uniform(0.7, 1.3) * rise * KNOWN[number % 7]
            noise = rng.normal(0, 0.02, (80, 50))
            clips.append(LabelledClip((own + shown + speech + noise).astype(np.float32), emotion, str(person)))
    return clips


@pytest.mark.parametrize("with_neutral", [True, False])
def test_known_templates_are_recovered(with_neutral: bool) -> None:
    found = extract_templates(_corpus(6, with_neutral=with_neutral)).expression
    cosine = (found * KNOWN).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(KNOWN, axis=1)
    assert cosine.min() > 0.97
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), np.linalg.norm(KNOWN, axis=1), rtol=0.12)


def test_a_missing_emotion_is_named() -> None:
    clips = [clip for clip in _corpus(1, with_neutral=True) if clip.emotion != "fear"]
    with pytest.raises(InputError, match="nothing for fear"):
        extract_templates(clips)
