"""Build what `xtalker.emotion` ships: `python -m tools.build_emotion_space [--seed 0]`, a few minutes on two cores.

templates.npz      the designed templates
space.npz          anchors and motion encoder, trained on synthetic expressions and tools/emotion_captures.npz
text_adapter.npz   from sentence embeddings to emotions, trained on tools/emotion_sentences.py and the lexicon
word_scores.npz    what single words say, from the same sentences and from the adapter's view of frequent words

Each gets a card beside it. No recording and no picture of a person takes part.
"""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import astuple
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tools.emotion_captures import Captures
from tools.emotion_samples import Samples, make_samples
from tools.emotion_sentences import DEGREES, FRAMES, NEGATED, read_sentences
from tools.emotion_texts import WIDTH, Scales, Taught, calibrate, kernel_ridge, ridge

from xtalker.assets import fetch
from xtalker.assets.cache import sha256_of
from xtalker.emotion.lexicon import SCORES as WORDS
from xtalker.emotion.lexicon import load_lexicon, normalised
from xtalker.emotion.sentence import SentenceEncoder
from xtalker.emotion.space import DATA as SPACE
from xtalker.emotion.space import DIMENSIONS, LABELS, EmotionSpace, load_space
from xtalker.emotion.templates import DATA as TEMPLATES
from xtalker.emotion.templates import designed_templates, save_templates
from xtalker.values.files import whole_file

COMMAND = "python -m tools.build_emotion_space"
ADAPTER = SPACE.with_name("text_adapter.npz")
LAYERS, STEPS, BATCH, TEMPERATURE = (50, 128, 64, DIMENSIONS + 1), 3000, 512, 0.15
COPIES, COPY_SD, ASIDE, DROPOUT = 20, 0.03, 5, 0.2  # captures are repeated with noise; every fifth person only judges
SHORTEST, FREQUENT, FOLDS = 3, 7000, 6
_WORD, _FRAMED = "word", "framed word"
LEVEL_RIDGE = 3.0
log = logging.getLogger("build_emotion_space")

Layers = list[tuple[torch.Tensor, torch.Tensor]]


def main() -> None:
    """Build all four."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)  # layers this small only wait for each other
    save_templates(TEMPLATES, designed_templates())
    _card(TEMPLATES, "Seven expression templates of the open head.", _TEMPLATE_SOURCES, seed, {})
    figures = build_space(seed)
    _card(SPACE, "Emotion space: anchors and motion encoder.", _SPACE_SOURCES, seed, figures)
    figures = build_adapter(seed)
    _card(ADAPTER, "From sentence embeddings to emotions.", _TEXT_SOURCES, seed, figures)
    _card(
        WORDS,
        "What ordinary English words suggest, for descriptions that name no emotion.",
        _TEXT_SOURCES,
        seed,
        figures,
    )


def build_space(seed: int) -> dict[str, float]:
    """Train anchors and motion encoder; figures on fresh samples."""
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    anchors = F.normalize(torch.randn(len(LABELS), DIMENSIONS, generator=generator), dim=1).requires_grad_()
    layers = [_layer(a, b, generator) for a, b in pairwise(LAYERS)]
    parameters = [anchors, *(t for pair in layers for t in pair)]
    optimiser = torch.optim.AdamW(parameters, lr=3e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=STEPS)
    aside, learnt = _captured(Captures.load())
    copies = _jittered(learnt, rng)
    pool = Samples(*map(np.concatenate, zip(astuple(make_samples(rng, 40_000)), astuple(copies))))
    for step in range(STEPS):
        chosen = rng.integers(len(pool.expression), size=BATCH)
        loss = _space_loss(layers, anchors, pool, chosen)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if step % 500 == 0:
            log.info("space: step %d, loss %.3f", step, loss.detach())
    arrays = {"anchors": F.normalize(anchors, dim=1).detach().numpy()}
    for number, (weight, bias) in enumerate(layers):
        arrays |= {f"weight_{number}": weight.detach().numpy(), f"bias_{number}": bias.detach().numpy()}
    _save(SPACE, arrays)
    load_space.cache_clear()
    fresh = make_samples(np.random.default_rng(seed + 1), 4000)
    return _space_figures(load_space(), fresh, aside)


def _captured(captures: Captures) -> tuple[Samples, Samples]:
    """Captures of the people who only judge, and of those who teach."""
    shares = np.eye(len(LABELS), dtype=np.float32)[captures.emotion]
    apart = captures.person % ASIDE == 0
    first, second = (Samples(captures.expression[k], shares[k], captures.level[k]) for k in (apart, ~apart))
    return first, second


def _jittered(samples: Samples, rng: np.random.Generator) -> Samples:
    expression = np.tile(samples.expression, (COPIES, 1))
    expression += rng.normal(0, COPY_SD, expression.shape).astype(np.float32)
    return Samples(expression, np.tile(samples.shares, (COPIES, 1)), np.tile(samples.level, COPIES))


def _layer(inputs: int, outputs: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    weight = torch.randn(inputs, outputs, generator=generator) * (2 / inputs) ** 0.5
    return weight.requires_grad_(), torch.zeros(outputs, requires_grad=True)


def _space_loss(layers: Layers, anchors: torch.Tensor, pool: Samples, chosen: np.ndarray) -> torch.Tensor:
    """Contrast against the anchors (multimodal diffusion Eq. 3 with anchors as the other side), and the level."""
    x = torch.from_numpy(pool.expression[chosen])
    share, level = torch.from_numpy(pool.shares[chosen]), torch.from_numpy(pool.level[chosen])
    for number, (weight, bias) in enumerate(layers):
        x = x @ weight + bias
        x = x if number == len(layers) - 1 else F.dropout(torch.relu(x), DROPOUT)
    direction, unit = F.normalize(x[:, :DIMENSIONS], dim=1), F.normalize(anchors, dim=1)
    contrast = F.cross_entropy(direction @ unit.T / TEMPERATURE, share)
    emotional = share[:, -1] < 1
    goal = F.normalize(share[:, :-1] @ unit[:-1], dim=1)
    place = (1 - (direction * goal).sum(1))[emotional].mean()
    # Emotions are as far from each other as they can: decoding by non-negative mixing needs that.
    near = (unit @ unit.T - torch.eye(len(LABELS))).square().mean()
    return contrast + place + 2 * F.mse_loss(x[:, DIMENSIONS], level) + near


def _space_figures(space: EmotionSpace, fresh: Samples, captured: Samples) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, samples in (("synthetic", fresh), ("captured", captured)):
        direction, level = space.encode_parts(samples.expression)
        single = (samples.shares.max(1) > 0.99) & (samples.level >= 1)
        right = (direction @ space.anchors.T).argmax(1) == samples.shares.argmax(1)
        figures[f"{name}_top1_from_level_1"] = round(float(right[single].mean()), 4)
        figures[f"{name}_level_mae"] = round(float(np.abs(level - samples.level).mean()), 4)
    return figures | {
        "largest_cosine_between_anchors": round(float((space.anchors @ space.anchors.T - np.eye(8)).max()), 4)
    }


def build_adapter(seed: int) -> dict[str, float]:
    """Build from everything; figures by six-fold cross-validation over the themes of the sentences."""
    encoder = SentenceEncoder.load(fetch("sentence-encoder"))
    texts, labels, levels, themes = _texts()
    embeddings = encoder(texts)
    log.info("text: %d texts", len(texts))
    # Single words and whole sentences say which emotion; words in frames only teach strength.
    teaches = np.flatnonzero(themes != _FRAMED)
    bags = [normalised(text).split() for text in texts]
    heard = sorted({word for bag in bags for word in bag if len(word) >= SHORTEST})
    words = [*heard, *(w for w in encoder.words.whole_words()[:FREQUENT] if w not in set(heard))]
    taught = Taught(embeddings[teaches], labels[teaches], [bags[k] for k in teaches], words, encoder(words))
    scales, figures = _cross_validate(taught, themes[teaches], seed)
    graded = np.isfinite(levels)
    level_weight, level_bias = ridge(embeddings[graded], levels[graded], LEVEL_RIDGE)
    step = float(np.abs(taught.embeddings).max() / 127)
    support = np.round(taught.embeddings / step).astype(np.int8)
    rounded = support.astype(np.float32) * step
    _save(ADAPTER, {
        "support": support, "support_step": np.float32(step),
        "coefficients": (kernel_ridge(rounded, taught.labels) / scales.encoder).astype(np.float16),
        "width": np.float32(WIDTH), "level_weight": level_weight, "level_bias": np.float32(level_bias),
    })  # fmt: skip
    _save_words(taught, scales)
    return figures


def _cross_validate(taught: Taught, themes: np.ndarray, seed: int) -> tuple[Scales, dict[str, float]]:
    names = np.unique(themes[themes != _WORD])
    fold = dict(zip(names, np.random.default_rng(seed).permutation(len(names)) % FOLDS))
    folds = np.array([fold.get(theme, -1) for theme in themes])
    parts = [np.zeros((len(themes), len(LABELS))) for _ in range(3)]
    for k in range(FOLDS):
        learnt, asked = np.flatnonzero(folds != k), np.flatnonzero(folds == k)
        for whole, part in zip(parts, taught.held_out_scores(learnt, asked)):
            whole[asked] = part
    judged = folds >= 0
    scales, right = calibrate(*(part[judged] for part in parts), taught.labels[judged])
    return scales, {"texts": len(themes), "words": len(taught.words)} | {
        f"cross_validated_top1_on_other_themes_{name}": round(share, 4) for name, share in right.items()
    }


def _save_words(taught: Taught, scales: Scales) -> None:
    """What single words say, as whole numbers; words that say next to nothing are left out."""
    every = np.arange(len(taught.labels))
    seen, suggested = taught.seen(every), taught.suggested(every)
    both = suggested / scales.suggested + seen / scales.seen_alone
    helps = seen / scales.seen
    step = max(float(np.abs(table).max()) for table in (both, helps)) / 127
    whole = [np.round(table / step).astype(np.int8) for table in (both, helps)]
    kept = (np.abs(whole[0]).max(1) > 0) | (np.abs(whole[1]).max(1) > 0)
    words = " ".join(word for word, keep in zip(taught.words, kept) if keep)
    with whole_file(WORDS) as part, part.open("wb") as handle:
        np.savez_compressed(
            handle, words=np.array(words), scores=whole[0][kept], taught=whole[1][kept], step=np.float32(step)
        )


def _texts() -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Texts, label numbers, levels (NaN where the text says none) and themes."""
    # Sentences without a theme get one each, drawn by their place.
    sentences = enumerate(read_sentences())
    rows = [(text, emotion, np.nan, theme or f"mixed {k % 10}") for k, (text, emotion, theme) in sentences]
    for number, (word, entry) in enumerate(load_lexicon().entries.items()):
        adverbs, frame = list(DEGREES), FRAMES[1 + number % (len(FRAMES) - 1)]
        rows += [(word, entry.emotion, entry.level, _WORD), (frame.format(word), entry.emotion, entry.level, _FRAMED)]
        adverb = adverbs[number % len(adverbs)]
        if entry.emotion != "neutral":
            rows.append((f"{adverb} {word}", entry.emotion, min(entry.level * DEGREES[adverb], 2), _FRAMED))
    for word in ("angry", "sad", "afraid", "happy", "disgusted", "surprised", "worried", "upset", "furious", "scared"):
        rows += [(frame.format(word), "sad" if word == "happy" else "neutral", np.nan, _WORD) for frame in NEGATED]
    texts, emotions, levels, themes = zip(*rows)
    return list(texts), np.array([LABELS.index(e) for e in emotions]), np.array(levels), np.array(themes)


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    with whole_file(path) as part, part.open("wb") as handle:
        np.savez(handle, **arrays)  # type: ignore[arg-type]


_TEMPLATE_SOURCES = (
    "Action-unit prototypes: Ekman and Friesen, FACS, 1978; Ekman, Friesen and Hager, FACS Investigator's Guide, 2002; "
    "contempt: Ekman and Friesen, Motivation and Emotion 10, 1986. Amounts and channels: xtalker, by eye on renders."
)
_SPACE_SOURCES = (
    "Synthetic expressions from the templates (tools/emotion_samples.py), and 1280 renders of 80 invented people read "
    "as portraits (tools/emotion_captures.npz, by python -m tools.emotion_captures --seed 1000 --people 80, rendered "
    "while action unit 4 of fear was 0.24; it is 0.34 now). Every fifth person taught nothing and gives the figures "
    "called captured."
)
_TEXT_SOURCES = (
    "Embeddings by all-MiniLM-L6-v2 (Apache-2.0) of frequent English words and of our own words and sentences "
    "(emotion/data/lexicon.json, tools/emotion_sentences.py, emotion_situations.txt)."
)


def _card(path: Path, what: str, sources: str, seed: int, figures: dict[str, float]) -> None:
    card = {
        "name": path.stem, "version": "1", "licence": "Apache-2.0", "commercial": True, "what": what,
        "makers": "xtalker", "sources": sources, "command": f"{COMMAND} --seed {seed}", "figures": figures,
        "sha256": sha256_of(path), "size": path.stat().st_size,
    }  # fmt: skip
    with whole_file(path.with_name(f"{path.name}.card.json")) as part:
        part.write_text(json.dumps(card, indent=2) + "\n")
    log.info("%s: %s", path.name, figures)


if __name__ == "__main__":
    main()
