"""Train the network that hears emotion in speech, and measure it on four actors whom it has not heard.

    python -m tools.train_emotion_speech DATA OUT [--kept FOLDER] [--json]      # DATA holds RAVDESS speech clips

Actors 1-18 train, 19-20 are for choosing settings, 21-24 are the test. Features are kept in FOLDER, so that a stopped
run goes on; hearing takes about twenty minutes on two cores, training two minutes a member.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch
from tools.train_emotion_speech.corpus import (
    PASSES,
    TEST_ACTORS,
    TRAIN_ACTORS,
    VALIDATION_ACTORS,
    Clip,
    HeardClip,
    extract_linguistic,
    find_clips,
    measure_prosody,
    read_pass,
)
from tools.train_emotion_speech.figures import figures
from tools.train_emotion_speech.fit import FitRecipe, fit

from xtalker.emotion.from_speech import SpeechEmotion
from xtalker.emotion.speech_network import EmotionCard
from xtalker.inference.session import THREADS_VARIABLE
from xtalker.networks.speech_emotion import read_network, write_network
from xtalker.speech import load_encoder
from xtalker.speech.prosody import PROSODY_NAMES

LICENCE = "CC BY-NC-SA 4.0"
DATA = (
    "RAVDESS speech, actors 1-18 (1,080 clips of two sentences): S. R. Livingstone and F. A. Russo, The Ryerson "
    "Audio-Visual Database of Emotional Speech and Song, PLoS ONE 13(5), 2018, CC BY-NC-SA 4.0"
)
SEED = 0


def main() -> None:
    """Hear, train, write, measure."""
    parser = argparse.ArgumentParser(prog="python -m tools.train_emotion_speech", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kept", type=Path, default=Path("out/ravdess_features"), help="folder for features")
    parser.add_argument("--measure-only", action="store_true", help="measure OUT as it is")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    os.environ[THREADS_VARIABLE] = str(options.threads)
    clips, encoder = find_clips(options.data), load_encoder("whisper-base")
    extract_linguistic(clips, encoder, options.kept)
    measure_prosody(clips, options.kept)
    if not options.measure_only:
        ways = [_by_name(clips, options.kept, number, TRAIN_ACTORS) for number in range(len(PASSES))]
        command = "python -m tools.train_emotion_speech DATA OUT"
        card = EmotionCard(encoder.fingerprint, " ".join(PROSODY_NAMES), LICENCE, DATA, command)
        write_network(options.out, fit(ways, FitRecipe(), seed=SEED), card)
    emotion, network = SpeechEmotion.load(options.out), read_network(options.out)[0]
    report = {
        f"{who}, clips {PASSES[number].name}": figures(emotion, network, _by_name(clips, options.kept, number, actors))
        for who, actors in (("validation", VALIDATION_ACTORS), ("test", TEST_ACTORS))
        for number in (0, 1)
    }
    print(json.dumps(report) if options.json else _table(report))


def _by_name(clips: list[Clip], kept: Path, number: int, actors: tuple[int, ...]) -> list[HeardClip]:
    return sorted(read_pass(clips, kept, PASSES[number], actors), key=lambda heard: heard.clip.path)


def _table(report: dict[str, dict[str, object]]) -> str:
    rows = []
    for name, said in report.items():
        rows.append(name)
        rows += [f"  {key}: {value}" for key, value in said.items()]
    return "\n".join(rows)


if __name__ == "__main__":
    main()
