from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xtalker.capture.fit import SEEN, FramePoses, LandmarkFitter, Priors
from xtalker.capture.portrait import fit_landmarks
from xtalker.geometry.rotations import compose, geodesic_angle
from xtalker.head.open_head import OpenHead
from xtalker.values import Identity
from xtalker.values.conventions import CHANNEL

_STEP = 1e-6


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


def _poses(head: OpenHead, frames: int = 3, seed: int = 0) -> FramePoses:
    random = np.random.default_rng(seed)
    expression = np.zeros((frames, 50))
    expression[:, SEEN] = random.uniform(0, 0.3, (frames, len(SEEN)))
    jaw = np.stack([random.uniform(0.05, 0.3, frames), random.normal(0, 0.01, frames), np.zeros(frames)], 1)
    expression[:, CHANNEL["jawOpenCorrective"]] = jaw[:, 0] / head.jaw_open_angle_rad
    return FramePoses(
        expression, jaw, random.normal(0, 0.1, (frames, 2)), random.normal(0, 0.2, (frames, 3)),
        np.full(frames, 2000.0), random.normal(250, 10, (frames, 2)),
    )  # fmt: skip


def _bumped(head: OpenHead, poses: FramePoses, parameter: int) -> FramePoses:
    count = len(SEEN)
    expression, jaw, gaze, shift = (a.copy() for a in (poses.expression, poses.jaw, poses.gaze, poses.shift))
    turn, scale = poses.head, poses.scale
    if parameter < count:
        expression[:, SEEN[parameter]] += _STEP
    elif parameter < count + 2:
        jaw[:, parameter - count] += _STEP
        if parameter == count:
            expression[:, CHANNEL["jawOpenCorrective"]] += _STEP / head.jaw_open_angle_rad
    elif parameter < count + 4:
        gaze[:, parameter - count - 2] += _STEP
    elif parameter < count + 7:
        turn = compose(np.eye(3)[parameter - count - 4] * _STEP, turn)
    elif parameter == count + 7:
        scale = scale * np.exp(_STEP)
    else:
        shift[:, parameter - count - 8] += _STEP
    return FramePoses(expression, jaw, gaze, turn, scale, shift)


def test_jacobian_equals_finite_differences(head: OpenHead) -> None:
    fitter, poses = LandmarkFitter(head), _poses(head)
    jacobian, before = fitter._jacobian(poses), fitter.project(poses)
    for parameter in range(jacobian.shape[-1]):
        measured = (fitter.project(_bumped(head, poses, parameter)) - before) / _STEP
        np.testing.assert_allclose(jacobian[..., parameter], measured, atol=1e-4 * np.abs(measured).max() + 1e-6)


def test_landmarks_equal_those_of_the_head(head: OpenHead) -> None:
    poses = _poses(head)
    shape = np.random.default_rng(1).normal(0, 0.7, 100)
    fitter = LandmarkFitter(head)
    fitter.set_identity(shape)
    own = fitter.canonical(poses)
    exact = head.landmarks(Identity(shape.astype(np.float32)), poses.motion(), canonical=True)
    # Skinning weights are interpolated before, not after, the jaw's turn: a fraction of a millimetre.
    assert np.abs(own - exact).max() < 4e-4


def test_recovers_a_known_pose(head: OpenHead) -> None:
    truth = replace(_poses(head, frames=4, seed=2), expression=np.zeros((4, 50)))
    for name, value in {"mouthSmileLeft": 0.5, "eyeBlinkRight": 0.6, "browInnerUpLeft": 0.4}.items():
        truth.expression[:, CHANNEL[name]] = value
    truth.expression[:, CHANNEL["jawOpenCorrective"]] = truth.jaw[:, 0] / head.jaw_open_angle_rad
    fitter = LandmarkFitter(head)
    pixels = fitter.project(truth)
    start = fitter.solve(pixels, fitter.start(pixels), Priors(steps=8), free="pose")
    found = fitter.solve(pixels, start, Priors(steps=12))
    assert fitter.residual_percent(pixels, found).max() < 0.3
    assert np.degrees(geodesic_angle(found.head, truth.head)).max() < 1.0
    assert np.degrees(np.abs(found.jaw[:, 0] - truth.jaw[:, 0])).max() < 1.5
    assert np.abs(found.expression[:, CHANNEL["mouthSmileLeft"]] - 0.5).max() < 0.15
    assert np.abs(found.gaze - truth.gaze).max() < 0.03


def test_frames_are_solved_alone(head: OpenHead) -> None:
    fitter, poses = LandmarkFitter(head), _poses(head, frames=3, seed=3)
    pixels = fitter.project(poses)
    together = fitter.solve(pixels, fitter.start(pixels), Priors(steps=5))
    for frame in range(3):
        one = pixels[frame : frame + 1]
        alone = fitter.solve(one, fitter.start(one), Priors(steps=5))
        np.testing.assert_allclose(alone.expression[0], together.expression[frame], atol=1e-6)


def test_portrait_fit_ignores_size_and_place(head: OpenHead) -> None:
    fitter, poses = LandmarkFitter(head), _poses(head, frames=1, seed=4)
    fitter.set_identity(np.random.default_rng(5).normal(0, 0.7, 100))
    points = np.zeros((478, 3), np.float32)
    points[:, :2] = fitter.project(poses)[0]
    first, moved = fit_landmarks(points, head), fit_landmarks(3 * points + 40, head)
    assert first.residual_percent < 1.0
    assert moved.scale == pytest.approx(3 * first.scale, rel=1e-4)
    np.testing.assert_allclose(moved.identity.shape, first.identity.shape, atol=2e-3)
