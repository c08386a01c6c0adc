"""Synthesise the demo speech: `python -m tools.demo_speech` (needs Debian's festival and festvox-us-slt-hts)."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from xtalker.assets.catalogue import CATALOGUE
from xtalker.assets.seal import seal

VOICE = "voice_cmu_us_slt_arctic_hts"
TEXT = (
    "Hello, and welcome. My lips move because of your voice: baby, puppy, mommy, five vivid foxes. "
    "Wow, how about that? Now I will be quiet for a moment, and then say goodbye."
)
OUT = Path(__file__).parents[1] / "src/xtalker/performance/data/demo_speech.wav"
CARD = {
    "engine": "Festival 2.5 (University of Edinburgh, permissive X11-style licence)",
    "voice": "cmu_us_slt_arctic_hts (Carnegie Mellon University, permissive; HTS parts BSD-3-Clause)",
    "text": TEXT,
    "command": "python -m tools.demo_speech",
    "licence": "CC0: synthetic speech of our own text; engine and voice put no terms on their output",
    "note": "Synthetic speech: no real person was recorded for it.",
}


def main() -> None:
    """Synthesise at 16 kHz and seal."""
    OUT.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".scm") as script:
        script.write(f'({VOICE})(set! u (utt.synth (Utterance Text "{TEXT}")))')
        script.write(f'(utt.wave.resample u 16000)(utt.save.wave u "{OUT}" \'riff)')
        script.flush()
        subprocess.run(["festival", "-b", script.name], check=True)
    OUT.with_name(f"{OUT.name}.card.json").write_text(json.dumps(CARD, indent=2) + "\n")
    seal(CATALOGUE["demo-speech"])


if __name__ == "__main__":
    main()
