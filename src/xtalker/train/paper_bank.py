"""Videos of 10 s and more, as the paper's curation leaves them, from training clips; and what is in each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from xtalker.generator.channels import NUM_REFERENCE
from xtalker.generator.normalise import Statistics
from xtalker.geometry.rotations import compose
from xtalker.networks.paper.layout import LAYOUTS, NUM_IDENTITY, Layout
from xtalker.networks.paper.statistics import PaperStatistics
from xtalker.train.batches import ClipBank, open_bank
from xtalker.train.clips import TrainingClip
from xtalker.train.paper_clips import PaperTracks, names_of, read_tracks
from xtalker.train.recipes.paper import PaperRecipe, changed
from xtalker.train.statistics import Moments
from xtalker.values import InputError
from xtalker.values.motion import NUM_MOTION
from xtalker.values.tracks import EMOTIONS


@dataclass(frozen=True)
class Piece:
    """One clip of a video.

    Attributes:
        take: gives the clip, from memory or from its file.
        path: of its file.
        num_frames: its length.
        tracks: names of its optional arrays.
    """

    take: Callable[[], TrainingClip]
    path: Path
    num_frames: int
    tracks: frozenset[str]

    def optional(self) -> PaperTracks:
        """Its optional arrays."""
        return read_tracks(self.path, self.num_frames) if self.tracks else PaperTracks()


LEVELS = "levels of emotions"
"""Stands for the encoder where a clip's own levels of the named emotions are what is known."""

Video = tuple[Piece, ...]
"""Clips of one speaker, one after another."""


@dataclass(frozen=True)
class PaperBank:
    """The videos of a folder.

    Attributes:
        clips: the clips that they are made of; its digest covers what the recipe makes of them.
        videos: in a fixed order.
        statistics: over all of them.
        head_model: whose motion it is.
    """

    clips: ClipBank
    videos: tuple[Video, ...]
    statistics: PaperStatistics
    head_model: str


@dataclass(frozen=True)
class Stretch:
    """Frames of a video, in the network's layout and the data's own units.

    Attributes:
        latent: displacement from the reference, or the absolute latent.
        shown: the reference, as the network is shown it.
        confidence: of each frame.
        observed: 1 where the source could see the column.
        linguistic: speech features, of one window phase for each clip.
        amplitude: linear.
        emotion: features; None unless every clip has them.
    """

    latent: Float[np.ndarray, "frames columns"]
    shown: Float[np.ndarray, "columns"]
    confidence: Float[np.ndarray, "frames"]
    observed: Float[np.ndarray, "frames columns"]
    linguistic: Float[np.ndarray, "frames channels"]
    amplitude: Float[np.ndarray, "frames"]
    emotion: Float[np.ndarray, "frames feelings"] | None


def open_paper_bank(folder: Path, recipe: PaperRecipe, *, bars: bool = True) -> tuple[PaperBank, PaperRecipe]:
    """Read the clips of split `train`; the recipe comes back with what the clips decide filled in.

    Raises:
        InputError: as `open_bank`; clips with and without identity, emotion features of several encoders, or FLAME's
            identity for a layout that has no place for it.
    """
    clips = open_bank(folder, latent=recipe.generator.latent, bars=bars)
    videos = tuple(_videos(clips, folder, recipe, bars))
    pieces = [piece for video in videos for piece in video]
    head_model = _head_model(pieces, recipe, folder)
    channels, encoder, feeling = _emotion_encoder(pieces, folder) if recipe.generator.emotion_channels else (0, "", 0)
    optional = bool(channels) and (feeling < len(pieces) or recipe.emotion_drop > 0)
    recipe = changed(recipe, {
        "speech_channels": len(clips.statistics.linguistic_mean), "emotion_channels": channels,
        "emotion_optional": optional, "steps": recipe.steps or -(-len(videos) * recipe.epochs // recipe.batch),
    })  # fmt: skip
    bars_of = tqdm(videos, desc="measuring videos", unit="video", disable=None if bars else True, delay=2)
    statistics = _measured(bars_of, recipe, clips.statistics, derives=head_model == "open")
    digest = hashlib.sha256(clips.digest.encode() + head_model.encode() + encoder.encode())
    for values in (statistics.latent_mean, statistics.latent_std, statistics.emotion_mean, statistics.emotion_std):
        digest.update(values.tobytes())
    summary = f"{clips.summary}, in {len(videos)} videos" + (f", emotion by {encoder}" if encoder else "")
    named = replace(clips, digest=digest.hexdigest(), summary=summary)
    return PaperBank(named, videos, statistics, head_model), recipe


def _videos(clips: ClipBank, folder: Path, recipe: PaperRecipe, bars: bool) -> Iterator[Video]:
    """Clips as they are, or joined by speaker until a crop fits; what is left over joins the last."""
    for speaker in tqdm(clips.speakers, desc="joining clips", disable=None if bars else True, delay=2):
        pieces = [_piece(take, folder) for take in speaker]
        if not recipe.joins_clips:
            yield from ((piece,) for piece in pieces)
            continue
        videos: list[Video] = []
        video: Video = ()
        for piece in pieces:
            video = (*video, piece)
            if sum(p.num_frames for p in video) >= recipe.crop_frames:
                videos.append(video)
                video = ()
        if video:
            videos[-1:] = [(*videos[-1], *video)] if videos else [video]
        yield from videos


def _piece(take: Callable[[], TrainingClip], folder: Path) -> Piece:
    clip = take()
    path = folder / f"{clip.clip}.npz"
    return Piece(take, path, clip.num_frames, names_of(path))


def _head_model(pieces: list[Piece], recipe: PaperRecipe, folder: Path) -> str:
    with_identity = sum("identity" in piece.tracks for piece in pieces)
    if with_identity not in (0, len(pieces)):
        raise _refusal(folder, f"{with_identity} of {len(pieces)} clips with identity")
    if with_identity and not len(LAYOUTS[recipe.generator.layout].identity):
        raise _refusal(folder, f"clips of FLAME for the layout {recipe.generator.layout}")
    return "flame" if with_identity else "open"


def _emotion_encoder(pieces: list[Piece], folder: Path) -> tuple[int, str, int]:
    """Channels and fingerprint of the emotion features, and how many clips have them.

    Where no clip has features, levels of named emotions stand in for them; where none has either, channels are 0.
    """
    found: dict[tuple[int, str], int] = {}
    for tracks in (piece.optional() for piece in pieces if "emotion_features" in piece.tracks):
        if tracks.emotion is not None:
            of = (tracks.emotion.shape[1], tracks.emotion_encoder)
            found[of] = found.get(of, 0) + 1
    if len(found) > 1:
        raise _refusal(folder, "emotion features of " + " and ".join(f"{name} ({n})" for n, name in sorted(found)))
    levels = 0 if found else sum(piece.take().emotion is not None for piece in pieces)
    if levels:
        return len(EMOTIONS), LEVELS, levels
    return next(((*of, count) for of, count in found.items()), (0, "", 0))


def _refusal(folder: Path, received: str) -> InputError:
    return InputError(
        f"cannot train the paper's recipe on {folder}", received=received,
        accepted="clips of one head and one emotion encoder", next_step="make the clips again, or sort them",
    )  # fmt: skip


def stretch(
    video: Video, start: int, stop: int, recipe: PaperRecipe, random: np.random.Generator | None = None
) -> Stretch:
    """Frames start ... stop - 1 of a video; `random` draws window phases and references, None takes the first."""
    layout, begin, cuts = LAYOUTS[recipe.generator.layout], 0, []
    for piece in video:
        cut = slice(max(start - begin, 0), max(min(stop - begin, piece.num_frames), 0))
        begin += piece.num_frames
        if cut.start < cut.stop:
            cuts.append((piece, cut))
    first = _latent(video[0].take(), video[0].optional(), layout)[0] if recipe.reference == "first" else None
    shown = _drawn(cuts[0][0], recipe, layout, random) if first is None else first
    parts = [_part(piece, cut, recipe, first, shown, random) for piece, cut in cuts]
    emotions = [part.emotion for part in parts]
    names = ("latent", "confidence", "observed", "linguistic", "amplitude")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    felt = None if any(e is None for e in emotions) else np.concatenate([e for e in emotions if e is not None])
    return Stretch(**joined, emotion=felt, shown=shown)


def _drawn(
    piece: Piece, recipe: PaperRecipe, layout: Layout, random: np.random.Generator | None
) -> Float[np.ndarray, "columns"]:
    """What a neutral reference is shifted by: nothing, or now and then a part of the way to one of its frames."""
    shift = np.zeros((1, NUM_MOTION), np.float32)
    if random is not None and random.random() < recipe.reference_share:
        frame, part = int(random.integers(piece.num_frames)), random.random()
        shift[0, :NUM_REFERENCE] = part * piece.take().motion.to_matrix()[frame, :NUM_REFERENCE]
    return layout.latent(shift)[0]


def _part(
    piece: Piece, cut: slice, recipe: PaperRecipe, first: Float[np.ndarray, "columns"] | None,
    shown: Float[np.ndarray, "columns"], random: np.random.Generator | None,
) -> Stretch:  # fmt: skip
    clip, tracks, layout = piece.take(), piece.optional(), LAYOUTS[recipe.generator.layout]
    latent = _latent(clip, tracks, layout)
    reference = _neutral(latent, layout) + shown if first is None else first
    phase = 0 if random is None else int(random.integers(len(clip.linguistic)))
    observed = layout.latent(clip.observed.astype(np.float32)[None], np.ones((1, NUM_IDENTITY), np.float32))
    return Stretch(
        _displaced(latent[cut], reference, recipe, layout), shown, clip.confidence[cut],
        np.repeat(observed, cut.stop - cut.start, axis=0), clip.linguistic[phase][cut].astype(np.float32),
        clip.amplitude[cut], _felt(clip, tracks, cut, recipe),
    )  # fmt: skip


def _felt(
    clip: TrainingClip, tracks: PaperTracks, cut: slice, recipe: PaperRecipe
) -> Float[np.ndarray, "frames feelings"] | None:
    """Whichever of features and levels the network takes."""
    for rows in (tracks.emotion, clip.emotion):
        if rows is not None and rows.shape[1] == recipe.generator.emotion_channels:
            return rows[cut].astype(np.float32)
    return None


def _latent(clip: TrainingClip, tracks: PaperTracks, layout: Layout) -> Float[np.ndarray, "frames columns"]:
    return layout.latent(clip.motion.to_matrix().astype(np.float32), tracks.identity)


def _neutral(latent: Float[np.ndarray, "frames columns"], layout: Layout) -> Float[np.ndarray, "columns"]:
    """Zero for the face, the clip's median for the head; identity is the median as well."""
    neutral = np.zeros(layout.columns, np.float32)
    still = [*range(layout.head.start, layout.head.stop), *layout.identity]
    neutral[still] = np.median(latent[:, still], axis=0)
    return neutral


def _displaced(
    latent: Float[np.ndarray, "frames columns"], reference: Float[np.ndarray, "columns"], recipe: PaperRecipe,
    layout: Layout,
) -> Float[np.ndarray, "frames columns"]:  # fmt: skip
    if recipe.generator.latent == "absolute":
        return latent
    out = latent - reference
    if recipe.generator.rotations == "composed":
        out[:, layout.head] = compose(-reference[None, layout.head], latent[:, layout.head])
    return out


def _measured(
    videos: Iterator[Video] | tqdm[Video], recipe: PaperRecipe, sound: Statistics, *, derives: bool
) -> PaperStatistics:
    """Over all frames; those of other sources do not count in columns that they could not see."""
    feelings = recipe.generator.emotion_channels
    latent, emotion = Moments(), Moments()
    emotion.add(np.zeros((1, feelings)), np.zeros((1, 1)))  # so that nothing is an array, too
    for video in videos:
        whole = stretch(video, 0, sum(piece.num_frames for piece in video), recipe)
        weight = whole.confidence if recipe.weighs_confidence else np.ones_like(whole.confidence)
        latent.add(whole.latent, weight.astype(np.float64)[:, None] * whole.observed)
        if feelings and whole.emotion is not None:
            emotion.add(whole.emotion, np.ones((len(whole.emotion), 1)))
    return PaperStatistics(*latent.result(), *emotion.result(), sound, derives)
