"""`python -m tools.teach OUT --data DATA --clips CLIPS`: taught clips in OUT, with what they were made from beside.

OUT/*.npz        taught clips for training (split train), and of the voice that training never hears (split test)
OUT/heard/       utterances with phone times and speech features
OUT/phone_probe  and OUT/report.json: the phone probe, and how many pairs of phones, frames and people there are

DATA holds grid_s1 and grid_multi, CLIPS what `tools.prepare_grid` made of them. Utterances and probe that
are there are kept; teacher and clips, a minute's work, are made anew.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path

import torch
from tools.teach.align import PhoneProbe
from tools.teach.corpus import learn_probe, learn_teacher, taught_clip, training_words
from tools.teach.gauge import MouthGauge
from tools.teach.heard import HeardLine, hear_lines, read_heard, train_lines, unseen_lines
from tools.teach.phones import pairs_of
from tqdm import tqdm

from xtalker.head.open_head import OpenHead
from xtalker.inference.session import THREADS_VARIABLE
from xtalker.speech import load_encoder
from xtalker.train.clips import write_clip
from xtalker.values import InputError, XtalkerError
from xtalker.values.files import whole_file


def main() -> int:
    """Run all stages."""
    parser = argparse.ArgumentParser(prog="python -m tools.teach", description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    os.environ[THREADS_VARIABLE] = str(options.threads)
    try:
        make(options.out, options.data, options.clips)
    except XtalkerError as fault:
        print(f"teach: {fault}", file=sys.stderr)
        return 1
    return 0


def make(out: Path, data: Path, clips: Path) -> None:
    """The taught clips of all lines.

    Raises:
        InputError: no synthesiser, or no training clips with word times.
    """
    real = training_words(data, clips)
    if not real:
        raise InputError("nothing to learn from", received=f"{clips} and {data}",
                         accepted="prepared GRID clips and GRID's word times",
                         next_step="run python -m tools.prepare_grid")  # fmt: skip
    encoder = load_encoder("whisper-base")
    lines, coverage = train_lines()
    heard = [read_heard(path) for path in hear_lines([*lines, *unseen_lines()], encoder, out / "heard")]
    teach(out, heard, real, encoder.fingerprint, coverage)


def teach(
    out: Path,
    heard: list[HeardLine],
    real: list,
    encoder: str,
    coverage: dict[str, object],  # type: ignore[type-arg]
) -> None:
    """Probe, teacher, clips and report from utterances that were heard."""
    place = out / "phone_probe.npz"
    if not place.exists():
        learn_probe(heard, real).write(place)
    probe = PhoneProbe.read(place)
    gauge = MouthGauge(OpenHead())
    teacher = learn_teacher(gauge, probe, real)
    for line in tqdm(heard, desc="taught clips", unit="clip", disable=None):
        write_clip(out, taught_clip(line, teacher, gauge, encoder))
    with whole_file(out / "report.json") as beside:
        beside.write_text(json.dumps(coverage | _report(heard) | {"teacher_gain": teacher.gain}, indent=2) + "\n")


def _report(heard: list[HeardLine]) -> dict[str, object]:
    mine = [line for line in heard if line.line.split == "train"]
    said = set().union(*(pairs_of(tuple(p.name for p in line.phones)) for line in mine))
    frames = Counter[str]()
    for line in heard:
        frames[f"{line.line.split}:taught-{line.line.person.voice}"] += len(line.amplitude)
    return {
        "clips": len(mine), "people": len({line.line.person for line in mine}), "frames": dict(frames),
        "minutes_train": sum(len(line.amplitude) for line in mine) / 1500, "pairs_said": len(said),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
