"""A portrait with a known truth: the head rendered with a known code, read back."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from benchmarks.face_detail import FAINT, rendered_portrait

from xtalker.capture import FaceDetector, FaceMesh
from xtalker.capture.albedo import harmonics
from xtalker.capture.detail import CapturedDetail, _harmonic_slopes, detail_of
from xtalker.capture.images import Portrait, load_portrait
from xtalker.capture.photo_parts import Shown
from xtalker.capture.portrait import fit_portrait
from xtalker.head.open_head import OpenHead
from xtalker.render.detail_lines import LINES, NAMES, NUM_ROUGHNESS
from xtalker.values import Motion
from xtalker.values.conventions import CHANNEL, NUM_DETAIL


def _lines(captured: CapturedDetail) -> np.ndarray:
    return captured.code[NUM_ROUGHNESS:]


@pytest.fixture(scope="module")
def head() -> OpenHead:
    return OpenHead()


@pytest.fixture(scope="module")
def generic(head: OpenHead) -> CapturedDetail:
    return detail_of(*rendered_portrait(head, np.zeros(NUM_DETAIL, np.float32)), head)


def test_slopes_of_the_harmonics_are_their_derivatives() -> None:
    normals = np.random.default_rng(0).normal(size=(20, 3))
    step = 1e-6 * np.eye(3)
    numeric = [(harmonics(normals + step[c]) - harmonics(normals - step[c])) / 2e-6 for c in range(3)]
    np.testing.assert_allclose(_harmonic_slopes(normals), np.stack(numeric, axis=2), atol=1e-6)


def test_generic_skin_reads_as_generic(generic: CapturedDetail) -> None:
    assert generic.faults == () and generic.code.dtype == np.float32
    assert abs(np.median(_lines(generic))) < 0.05 and np.abs(_lines(generic)).mean() < 0.25
    assert not generic.code[:14].any(), "no picture shows pores"


def test_known_lines_come_back(head: OpenHead) -> None:
    random = np.random.default_rng(3)
    code = np.zeros(NUM_DETAIL, np.float32)
    code[NUM_ROUGHNESS:] = random.uniform(0, 2.5, len(LINES))
    found = detail_of(*rendered_portrait(head, code), head)
    truth, read = code[NUM_ROUGHNESS:], _lines(found)
    seen = np.array([not line.name.startswith(FAINT) for line in LINES])
    assert np.corrcoef(truth, read)[0, 1] > 0.65
    assert np.corrcoef(truth[seen], read[seen])[0, 1] > 0.75
    assert 0.5 < np.polyfit(truth[seen], read[seen], 1)[0] < 1.1
    assert np.abs(found.code).max() <= 3


def test_lines_of_one_place_are_read_there(head: OpenHead, generic: CapturedDetail) -> None:
    forehead = np.array([name.startswith("forehead") and ", part" in name for name in NAMES])
    code = np.where(forehead, np.float32(1.5), np.float32(0))
    grown = detail_of(*rendered_portrait(head, code), head).code - generic.code
    assert grown[forehead].mean() > 0.6
    elsewhere = ~forehead & (np.arange(NUM_DETAIL) >= NUM_ROUGHNESS)
    assert np.abs(grown[elsewhere]).mean() < 0.1


def test_wrinkles_of_the_expression_are_not_age(head: OpenHead) -> None:
    """A smile on generic skin: read as a smile it is generic, read as a face at rest it is lined."""
    smile = Motion.zeros(1)
    for name in ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight"):
        smile.expression[0, CHANNEL[name]] = 1
    picture, fit = rendered_portrait(head, np.zeros(NUM_DETAIL, np.float32), motion=smile)
    known = _lines(detail_of(picture, fit, head))
    taken_for_rest = _lines(detail_of(picture, replace(fit, reference=Motion.zeros(1)), head))
    crows = np.array([line.name.startswith("crow's foot") for line in LINES])
    assert known.mean() < 0.5 * taken_for_rest.mean()
    assert np.abs(known[crows]).mean() < 0.5 * np.abs(taken_for_rest[crows]).mean()


def test_rough_skin_reads_rougher(head: OpenHead, generic: CapturedDetail) -> None:
    code = np.zeros(NUM_DETAIL, np.float32)
    code[:NUM_ROUGHNESS] = 3
    rough = detail_of(*rendered_portrait(head, code), head).code[14:NUM_ROUGHNESS]
    assert (rough - generic.code[14:NUM_ROUGHNESS]).mean() > 0.02


def test_small_portraits_give_generic_skin_and_say_so(head: OpenHead) -> None:
    found = detail_of(*rendered_portrait(head, np.full(NUM_DETAIL, 2, np.float32), size=200), head)
    assert not found.code.any()
    assert found.faults == ("lines and pores (the eyes are only 65 pixels apart, 90 show them)",)


def test_dark_portraits_give_generic_skin(head: OpenHead) -> None:
    picture, fit = rendered_portrait(head, np.zeros(NUM_DETAIL, np.float32), size=400)
    found = detail_of(Portrait((picture.rgb * 0.08).astype(np.uint8), "render"), fit, head)
    assert not found.code.any() and found.faults == ("lines and pores (the skin cannot be read)",)


def test_covered_faces_give_generic_skin(head: OpenHead, monkeypatch: pytest.MonkeyPatch) -> None:
    picture, fit = rendered_portrait(head, np.zeros(NUM_DETAIL, np.float32), size=400)
    monkeypatch.setattr("xtalker.capture.detail.judge", lambda view, pose: Shown(True, False, False, True, ()))
    away = replace(fit, landmarks=fit.landmarks + 380)
    found = detail_of(picture, away, head)
    assert not found.code.any() and found.faults == ("lines and pores (too little bare skin is seen)",)


def test_a_flat_picture_has_no_lines(head: OpenHead) -> None:
    picture, fit = rendered_portrait(head, np.zeros(NUM_DETAIL, np.float32), size=400)
    found = detail_of(Portrait(np.full_like(picture.rgb, 150), "flat"), fit, head)
    assert _lines(found).max() < 0.6 and np.isfinite(found.code).all()


@pytest.mark.real
def test_an_old_face_has_lines(head: OpenHead, detector: FaceDetector, mesh: FaceMesh, generic: CapturedDetail) -> None:
    """Grace Hopper at 78, as matplotlib ships her: frown, root of the nose, beside the nose."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        pytest.skip("matplotlib is not installed")
    old = load_portrait(Path(spec.origin).parent / "mpl-data" / "sample_data" / "grace_hopper.jpg")
    lines = _lines(detail_of(old, fit_portrait(old, head, detector, mesh), head))
    assert lines.mean() > 0.3 and lines.mean() > 3 * abs(_lines(generic).mean())
    for place in ("frown", "root of the nose", "nasolabial"):
        assert lines[[line.name.startswith(place) for line in LINES]].mean() > 0.3, place
