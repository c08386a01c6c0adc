"""The folder for video diffusion: pictures, depth and prompts that belong together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.tiny.speech import tiny_voice

from xtalker.capture.portrait import PortraitFit
from xtalker.geometry.cameras import Camera
from xtalker.head.open_head import OpenHead
from xtalker.performance.take import Take
from xtalker.performance.wan import WanScene, laid_over, save_wan
from xtalker.render import read_depth_video, read_frames
from xtalker.render.depth_video import inverse_levels
from xtalker.values import Identity, InputError, Motion, OutputError
from xtalker.values.tracks import CameraTrack, EmotionTrack, Tracks

HEAD = OpenHead()
SMALL = WanScene(size=(256, 256))


def _take(frames: int = 8, **more: object) -> Take:
    motion = Motion.zeros(frames)
    motion.head[:, 1] = np.linspace(-0.3, 0.3, frames)
    return Take(motion, Identity(), HEAD, **more)  # type: ignore[arg-type]


def test_everything_belongs_together(tmp_path: Path) -> None:
    levels = np.zeros((8, 7), np.float32)
    levels[:, 5] = 1
    take = _take(sound=tiny_voice(0.32), tracks=Tracks(emotion=EmotionTrack(levels)))
    assert save_wan(take, tmp_path / "job", WanScene(size=(256, 320), seed=3)) == ()
    names = {file.name for file in (tmp_path / "job").iterdir()}
    assert names == {"reference.png", "depth.mp4", "depth.mkv", "sound.wav", "workflow.json", "prompts.json"}
    graph = json.loads((tmp_path / "job" / "workflow.json").read_text())
    (control,) = (n["inputs"] for n in graph.values() if n["class_type"] == "Wan22FunControlToVideo")
    metric, grey = (list(read(tmp_path / "job" / name)) for read, name in (
        (read_depth_video, "depth.mkv"), (read_frames, "depth.mp4"),
    ))  # fmt: skip
    assert len(metric) == len(grey) == control["length"] == 5
    reference = np.asarray(Image.open(tmp_path / "job" / "reference.png"))
    assert reference.shape == grey[0].shape == (control["height"], control["width"], 3) == (320, 256, 3)
    seen = np.concatenate([depth[depth > 0] for depth in metric])
    for depth, picture in zip(metric, grey):
        expected = inverse_levels(depth, float(seen.min()), float(seen.max()))
        assert np.abs(picture[..., 1].astype(int) - expected).mean() < 1.5
    turned = [np.mean(np.nonzero(depth > 0)[1][np.argsort(depth[depth > 0])[:50]]) for depth in metric]
    assert np.all(np.diff(turned) > 1), "the nose walks with the turning head"
    texts = [node["inputs"]["text"] for node in graph.values() if node["class_type"] == "CLIPTextEncode"]
    assert "A sad face" in texts[0] and json.loads((tmp_path / "job" / "prompts.json").read_text())["scenes"]
    files = [node["inputs"].get(key) for node in graph.values() for key in ("image", "file", "audio")]
    assert {"job/reference.png", "job/depth.mp4", "job/sound.wav"} <= {f for f in files if isinstance(f, str)}


def test_the_camera_moves_and_the_last_frame_is_held(tmp_path: Path) -> None:
    flat = np.zeros(7)
    camera = CameraTrack(
        flat, flat, flat, np.linspace(1.0, 0.6, 7), flat + 0.42, np.zeros((7, 2)), np.zeros(7, bool)
    )  # fmt: skip
    save_wan(_take(7, tracks=Tracks(camera=camera)), tmp_path / "job", SMALL)
    depths = list(read_depth_video(tmp_path / "job" / "depth.mkv"))
    nearest = [float(depth[depth > 0].min()) for depth in depths]
    assert len(depths) == 5 and nearest[0] - nearest[3] > 0.1
    np.testing.assert_array_equal(depths[3], depths[4])  # 0.28 s are 4 pictures


def test_long_takes_are_said_and_earlier_folders_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from xtalker.performance import wan

    monkeypatch.setattr(wan, "TRAINED_FRAMES", 4)
    (note,) = save_wan(_take(), tmp_path / "job", SMALL)
    assert note.startswith("5 frames: Wan was trained on 4")
    save_wan(_take(), tmp_path / "job", WanScene(size=(256, 256), prompt="My own words."))
    assert "My own words." in (tmp_path / "job" / "workflow.json").read_text()
    (tmp_path / "job" / "mine.txt").write_text("x")
    with pytest.raises(OutputError, match="something else is in the way"):
        save_wan(_take(), tmp_path / "job", SMALL)
    assert [file.name for file in tmp_path.iterdir()] == ["job"]


@pytest.mark.parametrize(
    ("fault", "text"),
    [({"size": (640, 650)}, "multiples of 16"), ({"scene": "moon"}, "unknown scene: received moon")],
)
def test_unusable_scenes(fault: dict[str, object], text: str) -> None:
    with pytest.raises(InputError, match=text):
        WanScene(**fault)  # type: ignore[arg-type]


def test_a_photo_is_laid_over_the_face() -> None:
    """A photo in which every landmark has its own colour: each is found where the head has that landmark."""
    camera = Camera.look_at([0, 0.05, 1.2], [0, 0.05, 0], width=320, height=256)
    landmarks = HEAD.landmarks(Identity(), Motion.zeros(1))[0]
    pixels, _ = camera.project(landmarks.astype(np.float64))
    scale, shift = 2.5, np.array([30.0, -40.0])
    rows, columns = np.mgrid[:600, :700]
    photo = np.stack([columns / 3, rows / 3, 0 * rows], axis=-1).astype(np.uint8)
    places = np.concatenate([pixels * scale + shift, np.zeros((478, 1))], axis=1).astype(np.float32)
    fit = PortraitFit(Identity(), Motion.zeros(1), 0.0, 1.0, np.zeros(2), places)
    laid = laid_over(photo, fit, landmarks, camera)
    assert laid.shape == (256, 320, 3)
    at = np.rint(pixels - 0.5).astype(int)
    inside = (places[:, 0] < 690) & (places[:, 1] < 590) & (places[:, 1] > 5)
    found = laid[at[inside, 1], at[inside, 0], :2].astype(float)
    np.testing.assert_allclose(found, places[inside, :2] / 3, atol=1.6)
