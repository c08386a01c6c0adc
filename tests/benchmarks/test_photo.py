"""What the figures of the look photo rest on, without portraits."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.face_identity import area_under_curve
from benchmarks.photo_eyes import painted_eyes
from benchmarks.photo_lips import agreement, mouth_only, opening
from benchmarks.photo_measures import Flicker, psnr_db, sharpness, uncovered
from benchmarks.photo_people import POSES, STRETCHED, Pose, polygon_mask
from benchmarks.photo_report import GROUPS, LIKENESS_GOALS, likeness, page, report, rows, spread, table
from benchmarks.photo_sheets import STRIP, contact_sheet, labelled, save_film, save_jpeg
from benchmarks.photo_speed import frame_times
from PIL import Image
from scipy.ndimage import gaussian_filter

from benchmarks import photo
from xtalker.geometry import landmark_rings as rings
from xtalker.metrics.lip_opening import LOWER, UPPER
from xtalker.values import InputError, Motion
from xtalker.values.conventions import CHANNEL


def test_poses_name_channels_of_both_sides() -> None:
    for pose in (*POSES.values(), *STRETCHED.values(), *STRIP.values()):
        pose.motion()
    one = Pose(10, head_deg=(0, 90, 0), weights={"eyeBlink": 0.5, "mouthFunnel": 1.0}).motion()
    changed = {name for name, index in CHANNEL.items() if one.expression[0, index]}
    assert changed == {"eyeBlinkLeft", "eyeBlinkRight", "mouthFunnel"}
    assert one.head[0, 1] == pytest.approx(np.pi / 2)
    with pytest.raises(ValueError, match="no channel eyeBlonk"):
        Pose(weights={"eyeBlonk": 1.0}).motion()


def test_every_figure_of_likeness_has_poses_and_a_goal() -> None:
    assert GROUPS.keys() == LIKENESS_GOALS.keys()
    assert {pose for poses in GROUPS.values() for pose in poses} <= POSES.keys()


def test_opening_is_in_eye_distances_at_any_size() -> None:
    points = np.zeros((478, 2))
    points[33], points[263] = (0, 0), (3, 4)
    points[list(UPPER), 1], points[list(LOWER), 1] = 10, (11, 12, 13)
    assert opening(points) == pytest.approx(2 / 5)
    np.testing.assert_allclose(opening(np.stack([points, 7 * points])), 2 / 5)


def test_agreement_leaves_lost_frames_out_and_counts_shut_ones() -> None:
    asked = np.array([0.004, 0.005, 0.006, 0.1, 0.2, 0.3])
    tracked = np.array([0.001, 0.007, np.nan, 0.1, 0.2, 0.3]) * [1, 1, 1, 0.9, 0.9, 0.9]
    fit = agreement(asked, tracked, at_rest=0.004)
    assert (fit.frames_shut, fit.shut_share) == (2, 0.5)
    assert fit.shut_opening == pytest.approx(0.004) and 0.85 < fit.slope < 0.95 and fit.r > 0.999
    wide = agreement(asked[3:], tracked[3:], at_rest=0.0)
    assert wide.shut_share is None and wide.slope == pytest.approx(0.9)


def test_mouth_only_moves_neither_head_nor_chest() -> None:
    random = np.random.default_rng(1)
    motion = Motion(*(random.normal(0, 1, (4, n)).astype(np.float32) for n in (50, 3, 3, 2)))
    left = mouth_only(motion)
    assert not left.head.any() and not left.gaze.any()
    assert not left.expression[:, CHANNEL["nostrilDilate"]].any()
    np.testing.assert_array_equal(left.jaw, motion.jaw)
    np.testing.assert_array_equal(
        left.expression[:, CHANNEL["mouthPucker"]], motion.expression[:, CHANNEL["mouthPucker"]]
    )


def test_flicker_is_the_variance() -> None:
    frames = np.random.default_rng(2).integers(0, 256, (9, 5, 4, 3), dtype=np.uint8)
    flicker = Flicker()
    for frame in frames:
        flicker.add(frame)
    np.testing.assert_allclose(flicker.variance, frames.astype(float).var(0).mean(-1))


def test_psnr_of_one_level() -> None:
    grey = np.full((8, 8, 3), 100, np.uint8)
    assert psnr_db(grey + np.uint8(1), grey) == pytest.approx(20 * np.log10(255))


def _person() -> np.ndarray:
    """Cover of a body that the lower edge cuts, with an arm akimbo."""
    cover = np.zeros((100, 100), np.uint8)
    cover[20:, 20:80] = 255
    cover[70:80, 25:30] = 0
    return cover


def test_own_gaps_are_no_holes_and_new_ones_are() -> None:
    cover = _person()
    rest = cover >= 128
    face = np.zeros(rest.shape, bool)
    face[30:50, 40:60] = True
    assert uncovered(rest, cover, face, 30.0) == 0
    torn, thin, pulled = cover.copy(), cover.copy(), cover.copy()
    torn[40:42, 50:55] = 0
    thin[35, 45] = 240
    pulled[98:] = 0
    assert uncovered(rest, torn, None, 30.0) == 10
    assert uncovered(rest, thin, face, 30.0) == 1
    assert uncovered(rest, thin, None, 30.0) == 0
    assert uncovered(rest, pulled, face, 30.0) == 60 - 2 * 2  # the edge that the photo cuts, less its ends


def test_blur_costs_sharpness() -> None:
    angles = np.linspace(0, 2 * np.pi, len(rings.FACE_OVAL), endpoint=False)
    points = np.full((478, 2), 100.0)
    points[list(rings.FACE_OVAL)] = 100 + 80 * np.stack([np.sin(angles), -np.cos(angles)], 1)
    noise = np.random.default_rng(3).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    soft = gaussian_filter(noise.astype(float), (0.6, 0.6, 0)).astype(np.uint8)
    assert sharpness(soft, points) < 0.6 * sharpness(noise, points)


def test_polygon_mask_has_the_area_of_its_ring() -> None:
    square = np.array([[10, 10], [30, 10], [30, 50], [10, 50]], float)
    assert polygon_mask(square, (60, 40)).sum() == pytest.approx(20 * 40, rel=0.1)


def _still(vector: list[float], **more: Any) -> dict[str, Any]:
    embeddings = {"photo": vector, **dict.fromkeys(POSES, vector)}
    return {
        "yaw_deg": 3.0, "pitch_deg": 0.0, "face_px": 400.0, "notes": [], "prepare_cpu_s": 2.0, "avatar_mb": 5.0,
        "file_same": True, "rest_psnr_db": 55.0, "gaze_deg": [9.0, 10.0], "frozen_change": 0,
        "lids": {"moves": [True, True], "open_px": 900, "shut_px": 0, "astray_px": 0},
        "holes": dict.fromkeys(STRETCHED, 0), "swim": {"background": 0.1, "torso": None}, "embeddings": embeddings,
    } | more  # fmt: skip


def test_likeness_tells_people_apart_and_a_lost_face_is_unlike() -> None:
    one, other = _still([1.0, 0.0]), _still([0.0, 1.0])
    clear = likeness({"one": one, "other": other})
    assert clear["auc"] == 1.0 and clear["other_people"] == 0.0 and clear["yaw_30"] == {"median": 1.0, "p10": 1.0}
    one["embeddings"]["oo"] = None
    lost = likeness({"one": one})
    assert lost["faces_not_found"] == 1 and lost["round_vowels"]["median"] == 0.5


def test_auc_by_ranks_is_the_pairwise_one() -> None:
    from benchmarks.photo_report import _auc

    random = np.random.default_rng(4)
    own, other = np.round(random.normal(0.3, 1, 40), 1), np.round(random.normal(0, 1, 60), 1)
    assert _auc(own, other) == pytest.approx(area_under_curve(own, other), abs=1e-4)


def _people() -> list[dict[str, Any]]:
    film = {
        "between_shut_lips_px": [0, 0, 3, 0],
        "frames": 100, "faces_found": 99, "r": 0.98, "slope": 1.3, "shut_share": 0.5, "shut_opening": 0.004,
        "frames_shut": 10, "sharpness": 0.95,
    }  # fmt: skip
    turned = _still(
        [0.6, 0.8], yaw_deg=40.0, lids={"moves": [True, False], "open_px": 9, "shut_px": None, "astray_px": 4}
    )
    return [
        {"name": "one", "still": _still([1.0, 0.0]), "film": film},
        {"name": "turned", "still": turned},
        {"refused": "no face found"},
    ]


def test_report_counts_whom_it_may_and_misses_are_said() -> None:
    run = report(_people(), {}) | {"hardware": {"cores": 2, "processor": "some processor"}}
    assert run["prepared_share"] == 0.5  # one frontal face, one refusal; the turned head is not asked for
    assert run["refused"] == ["no face found"] and run["limited"] == {"turned": ["an eye does not move"]}
    assert (
        run["lids_closed"] == 1.0 and run["eyes_stay_within_lids"] == 0.5 and run["lips"]["closed_where_asked"] == 0.5
    )
    assert run["lips"]["lips_meet"] == 0.75
    text = "\n".join(page(run))
    assert "| its slope, greatest | <= 1.15 | 1.30 (missed) |" in text
    assert "| rest against the photo, dB, median | >= 50 | 55.0 |" in text
    assert "| frames/s at 512, one thread | >= 25 | - |" in text
    assert "worst, lids: turned" in table(run)
    json.dumps(run)


def test_measured_speed_is_in_the_table() -> None:
    parts = {
        name: {"cpu_s": 0.02, "wall_s": 0.5, "busiest_s": 0.0125} for name in ("photo_512", "head_512", "photo_1080p")
    }
    drawing = {
        "memory": [{"draw_mb": 30.0}, {"draw_mb": 61.0}],
        "speed": dict.fromkeys(("1", "2"), parts | {"load": 3.0}),
    }
    found = {name: (value, met) for name, _, value, _, met in rows(report(_people(), drawing))}
    assert found["frames/s at 512, one thread"] == (50.0, True)
    assert found["frames/s at 512, two threads"] == (80.0, True)
    assert found["memory for drawing, MB"] == (61.0, False)


def test_frame_times_do_not_count_waiting() -> None:
    times = frame_times(lambda _: time.sleep(0.02), 5)
    assert times["wall_s"] >= 0.02 and times["busiest_s"] <= times["cpu_s"] * 1.2 + 1e-3 < 0.02


def test_spread_of_nothing_and_of_unknown_values() -> None:
    assert spread([], 10) == {"median": None, "p10": None}
    assert spread([None, float("nan"), 2.0], 100) == {"median": 2.0, "p100": 2.0}


def test_a_stopped_run_goes_on_and_changed_sources_are_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def measured(portrait: Path, folder: Path, motion: Any, *, parts: list[str]) -> dict[str, Any]:
        asked.append(list(parts))
        if portrait.stem == "nobody":
            raise InputError("no face", received="x", accepted="y", next_step="z")
        return {"name": portrait.stem} | dict.fromkeys(parts, 1)

    monkeypatch.setattr(photo, "warm_up", lambda folder: None)
    monkeypatch.setattr(photo, "measure_person", measured)

    def done(program: str, *, film: bool, keep: bool = False, name: str = "one") -> dict[str, Any]:
        kept = photo.Kept(tmp_path / f"{name}.json", program, keep=keep)
        return kept.completed(tmp_path / f"{name}.png", tmp_path, None, film=film)

    done("a", film=False), done("a", film=False), done("a", film=True), done("a", film=True)
    assert asked == [["still"], ["film"]]
    done("b", film=True, keep=True)
    assert len(asked) == 2
    assert done("b", film=True)["program"] == "b" and asked[-1] == ["still", "film"]
    assert "no face" in done("b", film=False, name="nobody")["refused"]
    done("b", film=True, name="nobody")
    assert len(asked) == 4


def test_pictures_stay_small_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import photo_sheets

    noise = np.random.default_rng(5).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    sheet = contact_sheet(labelled([("a", noise), ("b", noise)], 40), 2)
    save_jpeg(tmp_path / "sheet.jpg", sheet)
    with Image.open(tmp_path / "sheet.jpg") as drawn:
        assert drawn.size == (80, 40)
    save_film(tmp_path / "film.webp", [noise, noise[::-1], noise])
    with Image.open(tmp_path / "film.webp") as film:
        assert getattr(film, "n_frames", 1) == 3
    monkeypatch.setattr(photo_sheets, "LARGEST_SHEET", 100)
    with pytest.raises(InputError, match="too large"):
        save_jpeg(tmp_path / "large.jpg", sheet)


def test_painted_eyes_are_green_where_the_lids_are_open() -> None:
    from dataclasses import dataclass, field

    from xtalker.values.photo_avatar import PhotoPatch

    def patch(channels: int) -> PhotoPatch:
        return PhotoPatch((3, 4), np.full((6, 6, channels), 9, np.uint8))

    @dataclass(frozen=True)
    class Eye:
        ball: PhotoPatch = field(default_factory=lambda: patch(4))
        iris: PhotoPatch = field(default_factory=lambda: patch(4))
        glint: PhotoPatch = field(default_factory=lambda: patch(3))

    @dataclass(frozen=True)
    class Avatar:
        photo: np.ndarray
        person: np.ndarray
        cover: np.ndarray
        eyes: tuple[Eye, Eye]

    picture = np.full((60, 120, 3), 9, np.uint8)
    marks = np.zeros((478, 2))
    for ring, middle in ((rings.LEFT_EYE, 90), (rings.RIGHT_EYE, 30)):
        angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        marks[list(ring)] = np.stack([middle + 20 * np.cos(angles), 30 + 8 * np.sin(angles)], 1)
    painted = painted_eyes(Avatar(picture, picture.copy(), picture[..., 0], (Eye(), Eye())), marks)  # type: ignore[arg-type]
    green = (painted.photo == [0, 255, 0]).all(-1)
    assert green[30, 30] and green[30, 90] and not green[30, 60] and not green[30, 8]
    assert (painted.photo[~green] == 9).all() and (painted.person == painted.photo).all()
    assert (painted.eyes[0].ball.pixels[..., 1] == 255).all() and not painted.eyes[1].iris.pixels.any()
