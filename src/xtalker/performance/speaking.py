"""Speech and a portrait to a Take."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from xtalker.capture.detail import detail_of
from xtalker.capture.images import Portrait, load_portrait
from xtalker.capture.portrait import PortraitFit, fit_portrait
from xtalker.capture.texture import appearance_of
from xtalker.direction.file import plain_from_direction
from xtalker.emotion.templates import load_templates
from xtalker.flow.samplers import make_integrator
from xtalker.performance import likeness, parts
from xtalker.performance.directing import follow, plan_tracks
from xtalker.performance.take import Take
from xtalker.performance.wishes import Sound
from xtalker.speech import extract_features, load_audio
from xtalker.values import AssetError, Audio, Identity, InputError, Motion, SpeechFeatures
from xtalker.values.appearance import Appearance
from xtalker.values.direction import Direction

if TYPE_CHECKING:
    from xtalker.generator import Generator
    from xtalker.speech import SpeechEncoder

_log = logging.getLogger("xtalker")


def perform(
    speech: Path | str | Audio, *, portrait: Path | str | None = None, direction: Direction | None = None,
    seed: int | None = None, steps: int = 2, sampler: str = "midpoint", generator: Path | str | None = None,
    style: Mapping[str, float] | str | None = None, guidance: float = 1.0, transcript: str = "",
    templates: Path | str | None = None, like: Path | str | None = None, cache: bool = True, progress: bool = False,
) -> Take:  # fmt: skip
    """A head that speaks.

    Args:
        speech: a sound or video file, or samples.
        portrait: a picture of one face, whose shape the head takes; without it, the average head.
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
    picture = None if portrait is None else load_portrait(portrait)
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
        fit = None if picture is None else _fit_with_detail(picture)
        appearance = None if picture is None or fit is None else _colours(picture, fit)
        _next(bar, "direction")
        tracks = plan_tracks(direction, sound, transcript=transcript)
        _next(bar, "speech and motion")
        motion = Motion.concatenate(list(windows))
        identity = Identity() if fit is None else fit.identity
        motion, tracks = follow(motion, tracks, direction, sound, head, identity, templates=expressions)
        _next(bar, "done")
    return Take(
        motion=motion,
        identity=identity,
        head=head,
        tracks=tracks,
        sound=audio if isinstance(speech, Audio) else Path(speech),
        portrait=fit,
        appearance=appearance,
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
    return _fit(load_portrait(path))


def read_person(path: Path | str) -> tuple[PortraitFit, Appearance]:
    """Shape, skin detail and colours of the largest face in a picture.

    Raises:
        InputError: not a usable picture of a face.
    """
    picture = load_portrait(path)
    fit = _fit_with_detail(picture)
    return fit, _colours(picture, fit)


def _own_generator(path: Path | str) -> Generator:
    from xtalker.generator import Generator  # torch loads only when a generator is needed

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


def _fit(picture: Portrait) -> PortraitFit:
    return fit_portrait(picture, parts.open_head(), *parts.face_models())


def _fit_with_detail(picture: Portrait) -> PortraitFit:
    """Shape, pose and skin detail; a portrait that is too small for detail is said aloud."""
    fit = _fit(picture)
    detail = detail_of(picture, fit, parts.open_head())
    for part in detail.faults:
        _log.warning("%s does not show everything; generic: %s", picture.source, part)
    return replace(fit, identity=replace(fit.identity, detail=detail.code))


def _colours(picture: Portrait, fit: PortraitFit) -> Appearance:
    """Skin, hair and eyes; what the portrait does not show is said aloud."""
    appearance = appearance_of(picture, fit, parts.open_head())
    for part in appearance.generic:
        _log.warning("%s does not show everything; generic: %s", picture.source, part)
    return appearance


def _next(bar: tqdm[object], stage: str) -> None:
    bar.update()
    bar.set_description(stage)


def _finite(audio: Audio) -> Audio:
    """Samples come from anywhere; files are judged where they are read."""
    if len(audio.samples) and np.isfinite(audio.samples).all():
        return audio
    raise InputError(
        "speech samples that cannot be used",
        received=f"{len(audio.samples)} samples of {audio.source}, NaN or infinite ones among them"
        if len(audio.samples) else f"no samples of {audio.source}",
        accepted="at least one sample, finite numbers from -1 to 1", next_step="check the recording",
    )  # fmt: skip
