"""Motion from elsewhere: ARKit recordings, FLAME parameters, FACEGOOD weights, and our own files.

.csv    Live Link Face (`export.read_arkit`)
.npz    told apart by the names of its arrays: our motion file, FLAME (`export.read_flame`), FACEGOOD
        (`export.read_facegood`)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xtalker.export import suffix_of
from xtalker.export.interface import Content
from xtalker.export.motion_npz import read_appearance, read_motion, read_tracks
from xtalker.export.read_arkit import read_arkit
from xtalker.export.read_facegood import read_facegood
from xtalker.export.read_flame import read_flame_motion
from xtalker.performance import own_emoca, own_flame, parts
from xtalker.performance.shot import Shot
from xtalker.performance.take import Take, check_suffix, compare_lengths, save_content
from xtalker.speech import load_audio
from xtalker.values import Identity, InputError, Motion, OutputError
from xtalker.values.appearance import Appearance
from xtalker.values.conventions import FRAME_RATE_HZ
from xtalker.values.files import array_names, check_readable
from xtalker.values.tracks import Tracks

if TYPE_CHECKING:
    from xtalker.performance.wan import WanScene

IMPORTED_SUFFIXES: Final = (".npz", ".csv")
_ACCEPTED: Final = (
    "our motion file (.npz), a Live Link Face recording (.csv), FLAME parameters (.npz with latent, or exp and pose), "
    "FACEGOOD weights (.npz with bs, names and fps)"
)
_JUDGED_FRAMES: Final = 250
_FLAME_NAMES: Final = {"latent", "exp", "expression", "expression_params"}


@dataclass(frozen=True)
class MotionFile:
    """What a motion file of any kind holds.

    Attributes:
        kind: of file, in words.
        motion: 25 frames a second, of head model "open" or "flame".
        identity: zero where the file has none.
        card: where it comes from.
        tracks: what steered it, where the file says so.
        notes: what was assumed, filled or left out, in a few words each.
        appearance: skin, hair and eyes of the person, where the file has them.
    """

    kind: str
    motion: Motion
    identity: Identity
    card: Mapping[str, str]
    tracks: Tracks = field(default_factory=Tracks)
    notes: tuple[str, ...] = ()
    appearance: Appearance | None = None

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.motion.num_frames / FRAME_RATE_HZ


def read_motion_file(path: Path | str) -> MotionFile:
    """Motion from a file of any kind that is known here.

    Raises:
        InputError: none of them, or a damaged one.
    """
    path = Path(path)
    check_readable(path, kind="motion", accepted=_ACCEPTED)
    card = {"made_by": "xtalker export", "imported_from": path.name}
    if path.suffix.lower() == ".csv":
        motion, notes = read_arkit(path)
        return MotionFile("ARKit recording", motion, Identity(), card, notes=notes)
    names = set(array_names(path, kind="motion file")) if path.suffix.lower() == ".npz" else set()
    if "schema_version" in names:
        motion, identity, own_card = read_motion(path)
        return MotionFile(
            "motion file", motion, identity, own_card, read_tracks(path), appearance=read_appearance(path)
        )
    if "bs" in names:
        motion, notes = read_facegood(path)
        return MotionFile("FACEGOOD weights", motion, Identity(), card, notes=notes)
    if names & _FLAME_NAMES:
        motion, identity, notes = read_flame_motion(path)
        return MotionFile("FLAME parameters", motion, identity, card, notes=notes)
    raise InputError(
        "not a motion file that is known here", received=path, accepted=_ACCEPTED,
        next_step="name the arrays or columns as one of these",
    )  # fmt: skip


def import_take(
    path: Path | str, *, sound: Path | str | None = None, portrait: Path | str | None = None,
    flame: Path | str | None = None,
) -> tuple[Take, MotionFile]:  # fmt: skip
    """A take of the open head from motion of any kind.

    Args:
        path: the file.
        sound: a file whose sound belongs to it; another length than the motion's is said in the log.
        portrait: a picture of one face, whose shape and colours the head takes in place of the file's.
        flame: the user's FLAME file, for FLAME parameters; None takes that of XTALKER_ASSET_FLAME.

    Returns:
        the take, and what was read, its motion on the open head.

    Raises:
        InputError: a file that cannot be used, motion of a head that is not here, or no FLAME file where one is needed.
    """
    read = read_motion_file(path)
    if read.motion.head_model == "flame":
        read = _on_open_head(read, Path(path), None if flame is None else Path(flame))
    head = parts.open_head()
    if read.motion.head_model != head.name:
        raise InputError(
            "the motion belongs to a head that is not here", received=f"{path} (head '{read.motion.head_model}')",
            accepted=f"motion of the head '{head.name}', or FLAME's", next_step="make the motion with that head",
        )  # fmt: skip
    person = None
    if portrait is not None:
        from xtalker.performance.person import read_person

        person = read_person(portrait)
        read = replace(read, identity=person.identity, appearance=None)
    if sound is not None:
        compare_lengths(load_audio(sound), read.motion, "animation")
    take = Take(
        read.motion, read.identity, head, sound=None if sound is None else Path(sound),
        portrait=None if person is None else person.fit, card=read.card,
        tracks=read.tracks, appearance=read.appearance, person=person,
    )  # fmt: skip
    return take, read


def convert(
    source: Path,
    output: Path,
    *,
    sound: Path | None = None,
    portrait: Path | None = None,
    flame: Path | None = None,
    strict: bool = False,
    arkit: bool = False,
    look: str | None = None,
) -> tuple[Path, MotionFile]:
    """Motion of any kind to a file of any kind. FLAME parameters stay FLAME's own in a .flame.npz.

    Args:
        source: motion; see `read_motion_file`.
        output: the file; see `Take.save`.
        sound: as in `import_take`.
        portrait: as in `import_take`.
        flame: as in `import_take`.
        strict: write nothing where something would be left out.
        arkit: as in `Take.save`.
        look: what a .glb, .usdc or .usdz shows; see `Take.save`.

    Returns:
        what was made, and what was read.

    Raises:
        InputError: as `import_take`.
        OutputError: as `Take.save`.
    """
    read = read_motion_file(source)
    surface = own_emoca.wants_surface(output, read.motion)
    if surface or (read.motion.head_model == "flame" and suffix_of(output) == own_flame.FLAME_SUFFIX):
        if portrait is not None:
            raise OutputError(
                "FLAME parameters keep FLAME's own shape", received=f"a portrait for {output.name}",
                accepted="no portrait here", next_step="leave the portrait out, or choose another ending",
            )  # fmt: skip
        if surface:
            notes = (*read.notes, "FLAME's surface with EMOCA's displacement")
            return own_emoca.save_surface(output, read.motion, read.identity, flame=flame), replace(read, notes=notes)
        return save_content(output, Content(read.motion, read.identity, read.card, sound=sound), strict=strict), read
    check_suffix(output, flame)
    take, read = import_take(source, sound=sound, portrait=portrait, flame=flame)
    return take.save(output, shot=Shot(look=look), strict=strict, flame=flame, arkit=arkit), read


def convert_to_wan(
    source: Path, folder: Path, scene: WanScene, *, sound: Path | None = None, portrait: Path | None = None,
    flame: Path | None = None, progress: bool = False,
) -> tuple[Path, MotionFile]:  # fmt: skip
    """Motion of any kind to a folder for video diffusion; see `performance.wan`.

    Args:
        source: motion; see `read_motion_file`.
        folder: see `performance.wan.save_wan`.
        scene: what the prompt says.
        sound: as in `import_take`.
        portrait: as in `import_take`; it becomes the reference picture as well.
        flame: as in `import_take`.
        progress: show a bar.

    Returns:
        what was made, and what was read.

    Raises:
        InputError: as `import_take`.
        OutputError: a place that cannot be written.
    """
    from xtalker.performance.wan import check_wan_place, save_wan

    check_wan_place(folder)
    take, read = import_take(source, sound=sound, portrait=portrait, flame=flame)
    notes = save_wan(take, folder, scene, portrait=portrait, progress=progress)
    return folder, replace(read, notes=(*read.notes, *notes))


def _on_open_head(read: MotionFile, path: Path, flame: Path | None) -> MotionFile:
    """FLAME's motion carried to the open head; its shape has no counterpart there."""
    place = own_flame.flame_for(path, flame)
    fit, ours = own_flame.fit(place, read.identity), parts.open_head()
    motion = fit.carry_back(read.motion)
    from xtalker.performance.flame_map import vertex_error_m

    lips, some = ours.topology.regions["lips"], slice(None, None, 1 + motion.num_frames // _JUDGED_FRAMES)
    away_mm = 1e3 * vertex_error_m(
        fit, ours, own_flame.head(place), motion[some], region=lips, flame_motion=read.motion[some]
    ).mean()  # fmt: skip
    notes = [*read.notes, f"carried from FLAME to the open head: lips differ by {away_mm:.2f} mm on average"]
    if read.identity.shape.any():
        notes.append("FLAME's shape has no counterpart: the average head")
    return replace(read, motion=motion, identity=Identity(), notes=tuple(notes))
