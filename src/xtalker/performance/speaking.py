"""Speech and a portrait to a Take."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from xtalker.direction.file import plain_from_direction
from xtalker.emotion.templates import load_templates
from xtalker.flow.samplers import make_integrator
from xtalker.performance import likeness, parts
from xtalker.performance.directing import follow, plan_tracks
from xtalker.performance.person import Person, open_portrait
from xtalker.performance.take import Take
from xtalker.performance.wishes import Sound
from xtalker.speech import extract_features, load_audio
from xtalker.values import AssetError, Audio, Identity, InputError, Motion, SpeechFeatures
from xtalker.values.audio import samples_fault
from xtalker.values.direction import Direction
from xtalker.values.human import ANOTHER_GENERATOR, require_human

if TYPE_CHECKING:
    from xtalker.capture.portrait import PortraitFit
    from xtalker.generator import Generator
    from xtalker.speech import SpeechEncoder

_log = logging.getLogger("xtalker")


def perform(
    speech: Path | str | Audio,
    *,
    portrait: Path | str | None = None,
    face: int | None = None,
    direction: Direction | None = None,
    seed: int | None = None,
    steps: int = 2,
    sampler: str = "midpoint",
    generator: Path | str | None = None,
    style: Mapping[str, float] | str | None = None,
    guidance: float = 1.0,
    transcript: str = "",
    templates: Path | str | None = None,
    like: Path | str | None = None,
    cache: bool = True,
    progress: bool = False,
) -> Take:
    """A head that speaks.

    Args:
        speech: a sound or video file, or samples.
        portrait: a picture of one face, or an avatar made from one: the photograph itself speaks, and the head takes
            its shape; without it, the average head.
        face: whose face in a picture of several, counted from the left; None takes the largest.
        direction: what is asked of emotion, head, eyes and camera (`direction.read_direction`,
            `direction.direction_from_flags`); None is a face that lives (blinks, looks, breathes) and is else led by
            the speech alone. `performance.NATURAL` is the generator without any of it.
        seed: the same seed gives the same motion; None takes the direction's.
        steps: steps of the flow sampler.
        sampler: name of the flow sampler.
        generator: a checkpoint, such as `xtalker train personal` writes; None is the shipped one.
        style: a speaker's manner, or the share of several (`Generator.generate`); None is the checkpoint's default.
        guidance: how far the style is followed: 1 as learnt, 0 not at all.
        transcript: the words of the speech; a held emotion follows them as well as the voice.
        templates: file of other expression templates (`xtalker templates`).
        like: a video of a person talking, 3 to 120 s, whose mouth's manner is taken over.
        cache: keep speech features in the per-user cache.
        progress: show a bar.

    Raises:
        InputError: speech or portrait that cannot be used, a style that the generator does not have.
        AssetError: a model file that cannot be had, a checkpoint that is damaged or made for another head or encoder.
    """
    # What the user gave is judged before any model is fetched or loaded.
    make_integrator(sampler, steps)
    own = None if generator is None else _own_generator(generator)
    direction = Direction() if direction is None else direction
    direction = direction if seed is None else replace(direction, seed=seed)
    expressions = None if templates is None else load_templates(Path(templates))
    source = None if portrait is None else open_portrait(portrait)
    audio = _finite(speech) if isinstance(speech, Audio) else load_audio(speech)
    with tqdm(desc="models", total=4, unit="stage", disable=None if progress else True, leave=False) as bar:
        speaker, encoder, head = own or parts.generator(), parts.speech_encoder(), parts.open_head()
        _require_ears(speaker, encoder)
        speaker = speaker if like is None else likeness.like(speaker, like, progress=progress)
        sound = Sound(audio, lambda: extract_features(audio, encoder, cache=cache))
        # Style and guidance are judged here; nothing is heard before the first window is asked for.
        windows = speaker.generate_windows(
            _heard(sound), seed=direction.seed, steps=steps, sampler=sampler, style=style, guidance=guidance
        )
        _next(bar, "portrait")
        person = None if source is None else Person.of(source, face)
        _next(bar, "direction")
        tracks = plan_tracks(direction, sound, transcript=transcript)
        _next(bar, "speech and motion")
        motion = Motion.concatenate(list(windows))
        require_human(motion, source="what the generator gave", next_step=ANOTHER_GENERATOR)
        identity = Identity() if person is None else person.identity
        motion, tracks = follow(motion, tracks, direction, sound, head, identity, templates=expressions)
        _next(bar, "done")
    return Take(
        motion=motion,
        identity=identity,
        head=head,
        tracks=tracks,
        sound=audio if isinstance(speech, Audio) else Path(speech),
        portrait=None if person is None else person.fit,
        person=person,
        card={
            "made_by": "xtalker perform", "speech": Path(audio.source).name,
            "portrait": "none" if portrait is None else Path(portrait).name,
            "seed": str(direction.seed), "sampler": f"{sampler} x {steps}",
            "generator": "shipped" if generator is None else Path(generator).name,
            "like": "none" if like is None else Path(like).name,
            "style": _style_text(style, speaker.card.default_style), "guidance": f"{guidance:g}",
            "direction": json.dumps(plain_from_direction(direction), ensure_ascii=False),
            **{f"generator_{name}": str(value) for name, value in asdict(speaker.card).items()},
        },
    )  # fmt: skip


def read_portrait(path: Path | str) -> PortraitFit:
    """Identity of the largest face in a picture.

    Raises:
        InputError: not a usable picture of a face.
    """
    from xtalker.capture.images import load_portrait  # what sees loads only when there is something to see
    from xtalker.capture.portrait import fit_portrait

    return fit_portrait(load_portrait(path), parts.open_head(), *parts.face_models())


def _own_generator(path: Path | str) -> Generator:
    from xtalker.generator import Generator

    return Generator.from_checkpoint(path)


def _require_ears(speaker: Generator, encoder: SpeechEncoder) -> None:
    """Refuse a checkpoint of another encoder before anything is heard."""
    if speaker.encoder != encoder.fingerprint:
        raise AssetError(
            "the generator hears through another speech encoder", received=speaker.encoder,
            accepted=encoder.fingerprint, next_step="give a checkpoint that was trained with this version of xtalker",
        )  # fmt: skip


def _heard(sound: Sound) -> Iterator[SpeechFeatures]:
    """The features, once they are asked for."""
    yield sound.features


def _style_text(style: Mapping[str, float] | str | None, default: str) -> str:
    if style is None:
        return default or "none"
    return style if isinstance(style, str) else json.dumps(dict(style), ensure_ascii=False)


def _next(bar: tqdm[object], stage: str) -> None:
    bar.update()
    bar.set_description(stage)


def _finite(audio: Audio) -> Audio:
    """Samples come from anywhere; files are judged where they are read."""
    fault = samples_fault(audio.samples) if len(audio.samples) else "no samples"
    if fault is None:
        return audio
    raise InputError(
        "speech samples that cannot be used",
        received=f"{fault} in {audio.source}",
        accepted="at least one sample, floating-point numbers from -1 to 1",
        next_step="check the recording",
    )
