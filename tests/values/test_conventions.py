"""Names and numbers that everything else relies on."""

from xtalker.values import conventions
from xtalker.values.conventions import CHANNEL, EXPRESSION_NAMES


def test_rates_fit_each_other() -> None:
    assert conventions.SAMPLES_PER_FRAME * conventions.FRAME_RATE_HZ == conventions.SAMPLE_RATE_HZ


def test_fifty_channels_with_names_of_their_own() -> None:
    assert len(EXPRESSION_NAMES) == conventions.NUM_EXPRESSION == len(set(EXPRESSION_NAMES))
    assert [EXPRESSION_NAMES[CHANNEL[name]] for name in EXPRESSION_NAMES] == list(EXPRESSION_NAMES)


def test_every_sided_channel_has_its_twin() -> None:
    for name in EXPRESSION_NAMES:
        if name.endswith("Left"):
            assert name.removesuffix("Left") + "Right" in CHANNEL
        if name.endswith("Right"):
            assert name.removesuffix("Right") + "Left" in CHANNEL


def test_eye_corners_are_mediapipe_points() -> None:
    corners = (conventions.LEFT_EYE_OUTER, conventions.RIGHT_EYE_OUTER)
    assert all(0 <= point < conventions.NUM_LANDMARKS for point in corners)
