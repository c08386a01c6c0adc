"""A photo avatar drawn: at rest it is the photograph, and what moves is what was asked to move."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numba
import numpy as np
import pytest
from PIL import Image
from tests.tiny.portrait import DrawnPortrait, drawn_avatar, drawn_portrait

from xtalker.appearance.avatar_file import load_avatar, save_avatar
from xtalker.appearance.pixels import polygon_mask
from xtalker.geometry.landmark_rings import LEFT_EYE, RIGHT_EYE
from xtalker.head.open_head import OpenHead
from xtalker.performance import parts
from xtalker.render.head_renderer import Frame
from xtalker.render.photo_framing import PhotoFraming
from xtalker.render.photo_picture import photo_picture_into
from xtalker.render.photo_renderer import PhotoPose, PhotoRenderer
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL
from xtalker.values.photo_avatar import CAMERA_DISTANCE_M, PhotoAvatar, PhotoPatch

STILL = PhotoPose(np.zeros(3), np.zeros(2), np.zeros(2))


@pytest.fixture(scope="module")
def portrait() -> DrawnPortrait:
    return drawn_portrait()


def renderer_of(
    head: OpenHead, avatar: PhotoAvatar, width: int = 420, height: int = 500, *, crop: str = "full",
    supersample: int = 2, background: str | None = None,
) -> PhotoRenderer:  # fmt: skip
    return PhotoRenderer(
        head.topology,
        avatar,
        head.neutral(avatar.identity),
        head.vertices(avatar.identity, avatar.reference, canonical=True)[0],
        framing=PhotoFraming(crop),
        width=width,
        height=height,
        supersample=supersample,
        background=background,
    )


def vertices_of(head: OpenHead, avatar: PhotoAvatar, jaw_rad: float = 0.0, **channels: float) -> np.ndarray:
    """The photo's expression and what is added to it."""
    reference = avatar.reference
    motion = Motion(
        reference.expression.copy(), reference.jaw.copy(), np.zeros((1, 3), np.float32), reference.gaze.copy()
    )
    motion.jaw[0, 0] += jaw_rad
    motion.expression[0, CHANNEL["jawOpenCorrective"]] += jaw_rad / head.jaw_open_angle_rad
    for name, value in channels.items():
        motion.expression[0, CHANNEL[name]] += value
    return head.vertices(avatar.identity, motion, canonical=True)[0]


@pytest.fixture(scope="module")
def plain(portrait: DrawnPortrait) -> PhotoRenderer:
    """The whole photo in its own size."""
    return renderer_of(portrait.head, drawn_avatar())


@pytest.fixture(scope="module")
def rest(portrait: DrawnPortrait) -> np.ndarray:
    return vertices_of(portrait.head, drawn_avatar())


@pytest.fixture(scope="module")
def opened(portrait: DrawnPortrait) -> np.ndarray:
    return vertices_of(portrait.head, drawn_avatar(), jaw_rad=0.25)


def _photo(avatar: PhotoAvatar, width: int, height: int, crop: str, samples: int) -> np.ndarray:
    """The photograph itself in this framing, filtered as the samples are."""
    box = PhotoFraming(crop).box(avatar, width, height)
    size = (width * samples, height * samples)
    large = np.asarray(Image.fromarray(avatar.photo).resize(size, Image.Resampling.LANCZOS, box=box), np.float64)
    return large.reshape(height, samples, width, samples, 3).mean((1, 3))


def psnr_db(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


@pytest.mark.parametrize(
    ("width", "height", "crop", "samples"),
    [
        (512, 512, "full", 2), (400, 600, "full", 2), (1920, 1080, "full", 2), (320, 320, "head", 2),
        (256, 256, "bust", 3), (256, 256, "full", 1),
    ],
)  # fmt: skip
def test_at_rest_it_is_the_photograph(
    portrait: DrawnPortrait, rest: np.ndarray, width: int, height: int, crop: str, samples: int
) -> None:
    avatar = drawn_avatar()
    drawn = renderer_of(portrait.head, avatar, width, height, crop=crop, supersample=samples).render(rest, STILL)
    assert drawn.rgb.shape == (height, width, 3) and drawn.alpha is None
    assert psnr_db(drawn.rgb, _photo(avatar, width, height, crop, samples)) >= 50


@pytest.mark.real
@pytest.mark.parametrize(
    ("width", "height", "crop"), [(512, 512, "full"), (400, 600, "full"), (1920, 1080, "full"), (512, 512, "head")]
)
def test_at_rest_the_astronaut_is_her_photograph(
    astronaut_avatar: PhotoAvatar, width: int, height: int, crop: str
) -> None:
    head = parts.open_head()
    renderer = renderer_of(head, astronaut_avatar, width, height, crop=crop)
    drawn = renderer.render(vertices_of(head, astronaut_avatar), STILL)
    assert psnr_db(drawn.rgb, _photo(astronaut_avatar, width, height, crop, 2)) >= 50


def _same(one: Frame, other: Frame) -> None:
    np.testing.assert_array_equal(one.rgb, other.rgb)
    np.testing.assert_array_equal(one.depth, other.depth)
    if one.alpha is not None:
        np.testing.assert_array_equal(one.alpha, other.alpha)


def test_a_frame_depends_on_nothing_but_its_pose(
    portrait: DrawnPortrait, plain: PhotoRenderer, rest: np.ndarray, opened: np.ndarray
) -> None:
    turned = replace(STILL, turn=np.array([0.05, 0.2, -0.05]), gaze=np.array([0.05, 0.1]), closing=np.array([0.4, 1.0]))
    first = plain.render(opened, turned)
    plain.render(rest, STILL)
    _same(first, plain.render(opened, turned))
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        _same(first, plain.render(opened, turned))
        _same(first, renderer_of(portrait.head, drawn_avatar()).render(opened, turned))
    finally:
        numba.set_num_threads(threads)


@pytest.mark.parametrize("samples", [1, 2])
def test_transparent_over_the_background_is_the_opaque_picture(
    portrait: DrawnPortrait, opened: np.ndarray, samples: int
) -> None:
    head, avatar = portrait.head, drawn_avatar()
    pose = replace(STILL, turn=np.array([0.0, 0.15, 0.05]))
    clear = renderer_of(head, avatar, supersample=samples, background="transparent").render(opened, pose)
    solid = renderer_of(head, avatar, supersample=samples).render(opened, pose)
    behind = _background(avatar, samples)
    assert clear.alpha is not None
    cover = clear.alpha[..., None] / 255
    off = np.abs(clear.rgb * cover + behind * (1 - cover) - solid.rgb)
    assert np.quantile(off, 0.999) <= 2 and off.max() <= 6  # the product of two rounded things
    np.testing.assert_array_equal(clear.depth, solid.depth)


def _background(avatar: PhotoAvatar, samples: int) -> np.ndarray:
    return _photo(replace(avatar, photo=avatar.background), 420, 500, "full", samples)


def test_at_rest_alpha_is_the_photos_cover(portrait: DrawnPortrait, rest: np.ndarray) -> None:
    avatar = drawn_avatar()
    frame = renderer_of(portrait.head, avatar, background="transparent").render(rest, STILL)
    assert frame.alpha is not None
    size = (840, 1000)
    cover = np.asarray(Image.fromarray(avatar.cover).resize(size, Image.Resampling.LANCZOS), float)
    cover = cover.reshape(500, 2, 420, 2).mean((1, 3))
    off = np.abs(frame.alpha - cover)
    assert off.mean() < 0.2 and np.quantile(off, 0.999) < 10


def test_depth_is_that_of_the_person_and_nothing_elsewhere(
    portrait: DrawnPortrait, plain: PhotoRenderer, rest: np.ndarray
) -> None:
    frame, avatar = plain.render(rest, STILL), drawn_avatar()
    assert (frame.depth[avatar.cover > 250] > 0).mean() > 0.999 and (frame.depth[avatar.cover == 0] > 0).mean() < 0.002
    person = frame.depth[frame.depth > 0]
    assert person.min() > CAMERA_DISTANCE_M - 0.2 and person.max() < CAMERA_DISTANCE_M + 0.1
    x, y = portrait.marks[4].astype(int)  # the tip of the nose is nearest
    assert frame.depth[y, x] < person.min() + 0.003


def test_no_hole_opens_in_turns(portrait: DrawnPortrait, rest: np.ndarray) -> None:
    """Seen through nothing: the background shows nowhere inside the person."""
    renderer = renderer_of(portrait.head, drawn_avatar(), background="transparent")
    still = renderer.render(rest, STILL).alpha
    assert still is not None
    for turn in ([0, 0.43, 0], [0, -0.43, 0], [0.2, 0, 0], [-0.2, 0, 0], [0, 0, 0.2], [0.15, -0.3, 0.1]):
        alpha = renderer.render(rest, replace(STILL, turn=np.array(turn, float))).alpha
        assert alpha is not None
        solid = alpha > 128
        across = np.logical_or.accumulate(solid, 1) & np.logical_or.accumulate(solid[:, ::-1], 1)[:, ::-1]
        down = np.logical_or.accumulate(solid, 0)
        enclosed = across & down & (np.arange(500)[:, None] < portrait.marks[152, 1] - 60)
        assert (enclosed & ~solid).sum() < 0.002 * solid.sum(), turn


def test_only_what_moves_changes(plain: PhotoRenderer, rest: np.ndarray, opened: np.ndarray) -> None:
    still, moved = plain.render(rest, STILL).rgb, plain.render(opened, STILL).rgb
    off = np.abs(still.astype(int) - moved).max(2)
    y, x = np.nonzero(off > 40)
    assert len(x) > 500 and y.min() > 240 and x.min() > 100 and x.max() < 320  # the mouth, the jaw and its edge
    assert off[:200].max() <= 1 and off[:, :100].max() <= 1 and off[:, 330:].max() <= 1


def _with_green_eyes(avatar: PhotoAvatar) -> PhotoAvatar:
    eyes = []
    for eye in avatar.eyes:
        ball = eye.ball.pixels.copy()
        ball[...] = (0, 255, 0, 255)
        iris = np.zeros_like(eye.iris.pixels)
        eyes.append(replace(eye, ball=PhotoPatch(eye.ball.corner, ball), iris=PhotoPatch(eye.iris.corner, iris)))
    return replace(avatar, eyes=(eyes[0], eyes[1]))


def _green(picture: np.ndarray) -> int:
    rgb = picture.astype(int)
    return int((rgb[..., 1] - rgb[..., [0, 2]].max(2) > 40).sum())


@pytest.mark.parametrize("squint", [0.0, 0.3])
def test_shut_eyes_show_no_eyeball(squint: float) -> None:
    portrait = drawn_portrait(squint=squint)
    head, avatar = portrait.head, _with_green_eyes(portrait.avatar())
    assert all(eye.moves for eye in avatar.eyes)
    renderer = renderer_of(head, avatar)
    seen = []
    for closing in (0.0, 0.5, 1.0):
        vertices = vertices_of(head, avatar, eyeBlinkLeft=closing, eyeBlinkRight=closing)
        seen.append(_green(renderer.render(vertices, replace(STILL, closing=np.full(2, closing))).rgb))
    assert seen[0] > 100 and seen[0] > seen[1] > 0 and seen[2] == 0, seen


def test_each_eye_shuts_on_its_own(portrait: DrawnPortrait) -> None:
    head, avatar = portrait.head, _with_green_eyes(drawn_avatar())
    renderer = renderer_of(head, avatar)
    left = vertices_of(head, avatar, eyeBlinkLeft=1.0)
    rgb = renderer.render(left, replace(STILL, closing=np.array([1.0, 0.0]))).rgb
    middle = int(portrait.marks[4, 0])
    assert _green(rgb[:, :middle]) > 50  # the subject's right eye is on the left
    assert _green(rgb[:, middle:]) == 0


def test_gaze_turns_irises_and_nothing_else(portrait: DrawnPortrait, plain: PhotoRenderer, rest: np.ndarray) -> None:
    still = plain.render(rest, STILL).rgb.astype(float)
    np.testing.assert_array_equal(plain.render(rest, replace(STILL, gaze=np.zeros(2))).rgb, still)
    eyes = np.zeros((500, 420), bool)
    for ring in (LEFT_EYE, RIGHT_EYE):
        eyes |= polygon_mask(portrait.marks[list(ring)], 420, 500)
    for yaw in (-0.15, 0.15):  # to the subject's left, which is the picture's right
        moved = plain.render(rest, replace(STILL, gaze=np.array([0.0, yaw]))).rgb.astype(float)
        grown = np.abs(moved - still).max(2) > 8
        assert grown.sum() > 20 and (grown & ~eyes).sum() < 0.1 * grown.sum()
        for ring in (LEFT_EYE, RIGHT_EYE):
            mask = polygon_mask(portrait.marks[list(ring)], 420, 500)
            columns = np.nonzero(mask)[1]
            dark = [(columns * w).sum() / w.sum() for w in ((255 - p.mean(2)[mask]) ** 3 for p in (still, moved))]
            assert 0.8 < (dark[1] - dark[0]) * np.sign(yaw) < 5


def test_eyes_that_may_not_move_stay(portrait: DrawnPortrait, rest: np.ndarray) -> None:
    avatar = drawn_avatar()
    behind = replace(avatar, eyes=tuple(replace(eye, moves=False) for eye in avatar.eyes))
    renderer = renderer_of(portrait.head, behind)
    still = renderer.render(rest, STILL)
    _same(still, renderer.render(rest, PhotoPose(np.zeros(3), np.array([0.1, 0.2]), np.ones(2))))


def test_an_eye_without_lashes_is_drawn(portrait: DrawnPortrait, rest: np.ndarray) -> None:
    """As behind dark glasses, where there is no strip."""
    avatar = drawn_avatar()
    bare = replace(avatar, eyes=tuple(replace(eye, lashes=np.zeros((2, 2), np.uint8)) for eye in avatar.eyes))
    frame = renderer_of(portrait.head, bare).render(rest, replace(STILL, closing=np.ones(2)))
    assert frame.rgb.shape == (500, 420, 3)


@pytest.mark.parametrize(("background", "colour"), [("#102030", (16, 32, 48)), ("white", (255, 255, 255))])
def test_a_coloured_background_stands_where_nobody_does(
    portrait: DrawnPortrait, rest: np.ndarray, background: str, colour: tuple[int, int, int]
) -> None:
    avatar = drawn_avatar()
    drawn = renderer_of(portrait.head, avatar, background=background).render(rest, STILL).rgb
    own = renderer_of(portrait.head, avatar).render(rest, STILL).rgb
    away, person = _cover_mean(avatar) == 0, _cover_mean(avatar) == 255
    assert away.sum() > 10_000
    assert np.abs(drawn[away].astype(int) - colour).max() <= 1
    np.testing.assert_array_equal(drawn[person], own[person])


def _cover_mean(avatar: PhotoAvatar) -> np.ndarray:
    """Cover where the surroundings are alike, else 128."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(avatar.cover, 5, mode="edge"), (11, 11))
    low, high = around.min((2, 3)), around.max((2, 3))
    return np.where(low == high, low, 128)


def test_a_picture_as_background(portrait: DrawnPortrait, rest: np.ndarray, tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (50, 42, 3), dtype=np.uint8).repeat(10, 0).repeat(10, 1)
    Image.fromarray(picture).save(tmp_path / "wall.png")
    avatar = drawn_avatar()
    drawn = renderer_of(portrait.head, avatar, background=str(tmp_path / "wall.png")).render(rest, STILL).rgb
    away = _cover_mean(avatar) == 0
    off = np.abs(drawn[away].astype(int) - picture[away])
    assert np.median(off) <= 1  # rounded up to samples and back


def test_zoom_is_a_closer_crop(portrait: DrawnPortrait, plain: PhotoRenderer, rest: np.ndarray) -> None:
    zoomed = plain.render(rest, replace(STILL, zoom=2.0)).rgb
    photo = Image.fromarray(drawn_avatar().photo)
    wanted = np.asarray(photo.resize((420, 500), Image.Resampling.BICUBIC, box=(105, 125, 315, 375)))
    assert psnr_db(zoomed, wanted) > 38
    assert psnr_db(zoomed, np.roll(wanted, 3, axis=1)) < psnr_db(zoomed, wanted) - 4


def test_pan_moves_the_crop_and_ends_with_the_photo(plain: PhotoRenderer, rest: np.ndarray) -> None:
    photo = Image.fromarray(drawn_avatar().photo)
    panned = plain.render(rest, replace(STILL, zoom=2.0, pan=(0.25, -0.1))).rgb
    left, top = 105 + 0.25 * 420 / 2, 125 - 0.1 * 420 / 2
    wanted = np.asarray(photo.resize((420, 500), Image.Resampling.BICUBIC, box=(left, top, left + 210, top + 250)))
    assert psnr_db(panned, wanted) > 38
    corner = plain.render(rest, replace(STILL, zoom=2.0, pan=(9.0, 9.0))).rgb
    wanted = np.asarray(photo.resize((420, 500), Image.Resampling.BICUBIC, box=(210, 250, 420, 500)))
    assert psnr_db(corner, wanted) > 38  # and nothing beyond the border is shown


def test_breath_lifts_the_chest_and_not_the_face(plain: PhotoRenderer, rest: np.ndarray) -> None:
    still = plain.render(rest, STILL).rgb.astype(int)
    full = plain.render(rest, replace(STILL, breath=1.0)).rgb.astype(int)
    off = np.abs(full - still).max(2)
    assert off[:330].max() <= 1 and off[360:440].max() > 20
    assert off[:, :3].max() <= 8 and off[:, -3:].max() <= 8  # nothing comes in over the border


def test_an_orbit_turns_person_and_torso(plain: PhotoRenderer, rest: np.ndarray) -> None:
    still, walked = (plain.render(rest, replace(STILL, orbit=np.array([0.0, o]))) for o in (0.0, 0.15))
    off = np.abs(still.rgb.astype(int) - walked.rgb).max(2)
    assert (off[100:330] > 10).sum() > 500 and (off[380:480] > 10).sum() > 100


def test_supersampling_agrees(portrait: DrawnPortrait, opened: np.ndarray) -> None:
    pose = replace(STILL, turn=np.array([0.0, 0.1, 0.0]))
    frames = [renderer_of(portrait.head, drawn_avatar(), supersample=s).render(opened, pose).rgb for s in (1, 2, 3)]
    assert psnr_db(frames[0], frames[1]) > 33 and psnr_db(frames[1], frames[2]) > 38


def test_the_kernel_is_compiled_once(
    portrait: DrawnPortrait, plain: PhotoRenderer, rest: np.ndarray, tmp_path: Path
) -> None:
    """Half a minute at the first run; another kind of array would cost it again."""
    plain.render(rest, STILL)
    before = len(photo_picture_into.signatures)
    save_avatar(tmp_path / "a.avatar", drawn_avatar())
    for background in (None, "transparent", "#123456"):
        renderer_of(portrait.head, load_avatar(tmp_path / "a.avatar"), background=background).render(rest, STILL)
    assert len(photo_picture_into.signatures) == before


def test_an_avatar_from_a_file_is_drawn_the_same(
    portrait: DrawnPortrait, plain: PhotoRenderer, opened: np.ndarray, tmp_path: Path
) -> None:
    save_avatar(tmp_path / "a.avatar", drawn_avatar())
    pose = replace(STILL, turn=np.array([0.05, 0.1, 0.0]), gaze=np.array([0.1, 0.1]), closing=np.array([0.6, 0.3]))
    _same(
        plain.render(opened, pose), renderer_of(portrait.head, load_avatar(tmp_path / "a.avatar")).render(opened, pose)
    )
