from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.tiny.generator import DEAD_COLUMN, TINY_CONFIG, tiny_generator, write_tiny_generator
from tests.tiny.speech import TINY_ENCODER, tiny_features

from xtalker.generator import Generator, SilenceGate
from xtalker.generator.channels import mouth_columns, temperatures
from xtalker.generator.windows import WindowPlan
from xtalker.values import InputError, Motion, SpeechFeatures

_REACH = TINY_CONFIG.receptive_field
_EXACT = WindowPlan(core=37, before=_REACH, ahead=max(4 * _REACH, SilenceGate().ahead))
_ONE = WindowPlan(core=10_000)


def _difference(one: Motion, other: Motion) -> float:
    return float(np.abs(one.to_matrix() - other.to_matrix()).max())


def _cut(features: SpeechFeatures, length: int) -> Iterator[SpeechFeatures]:
    for start in range(0, features.num_frames, length):
        part = slice(start, start + length)
        yield SpeechFeatures(features.linguistic[part], features.amplitude[part], features.encoder)


@pytest.mark.parametrize(("sampler", "steps"), [("midpoint", 2), ("euler", 4), ("midpoint", 1)])
def test_windows_with_full_context_equal_one_window(sampler: str, steps: int) -> None:
    generator, features = tiny_generator(), tiny_features(200)
    whole = replace(generator, plan=_ONE).generate(features, seed=1, sampler=sampler, steps=steps)
    parts = replace(generator, plan=_EXACT).generate(features, seed=1, sampler=sampler, steps=steps)
    assert _difference(whole, parts) < 1e-5


def test_less_look_ahead_than_needed_shows() -> None:
    generator, features = tiny_generator(), tiny_features(200)
    generator = replace(generator, gate=SilenceGate(enabled=False, before_s=-1.04))
    whole = replace(generator, plan=_ONE).generate(features, seed=1)
    short = replace(generator, plan=WindowPlan(core=37, before=0, ahead=0)).generate(features, seed=1)
    assert _difference(whole, short) > 1e-3


@pytest.mark.parametrize("num_frames", [1, 2, 36, 37, 38, 74, 160])
def test_iterator_equals_generate_and_covers_every_frame(num_frames: int) -> None:
    generator, features = replace(tiny_generator(), plan=_EXACT), tiny_features(num_frames)
    windows = list(generator.generate_windows(features, seed=2))
    assert [w.num_frames for w in windows[:-1]] == [37] * (len(windows) - 1)
    whole = generator.generate(features, seed=2)
    assert whole.num_frames == num_frames
    assert _difference(Motion.concatenate(windows), whole) == 0


@pytest.mark.parametrize("length", [1, 7, 100])
def test_streamed_features_give_the_motion_of_whole_ones(length: int) -> None:
    generator, features = replace(tiny_generator(), plan=_EXACT), tiny_features(150)
    streamed = generator.generate(_cut(features, length), seed=0)
    assert _difference(streamed, generator.generate(features, seed=0)) == 0


def test_stream_reads_no_further_than_it_must() -> None:
    generator, read = replace(tiny_generator(), plan=_EXACT), []

    def source() -> Iterator[SpeechFeatures]:
        for part in _cut(tiny_features(400), 10):
            read.append(part.num_frames)
            yield part

    next(generator.generate_windows(source(), seed=0))
    assert sum(read) <= _EXACT.core + _EXACT.ahead + 10


def test_same_seed_same_motion_and_another_seed_another() -> None:
    generator, features = tiny_generator(), tiny_features(60)
    one = generator.generate(features, seed=5)
    assert _difference(one, generator.generate(features, seed=5)) == 0
    assert _difference(one, generator.generate(features, seed=6)) > 1e-2


def test_temperature_zero_takes_the_seed_out_of_the_mouth_only_if_only_there() -> None:
    features = tiny_features(60)
    still = replace(tiny_generator(), temperature=temperatures(mouth=0.0, rest=0.0))
    assert _difference(still.generate(features, seed=1), still.generate(features, seed=2)) == 0
    lively = replace(still, temperature=temperatures(mouth=0.0, rest=1.0))
    assert _difference(lively.generate(features, seed=1), lively.generate(features, seed=2)) > 1e-2


def test_gate_rests_the_mouth_at_the_reference_and_nothing_else() -> None:
    features = tiny_features(80)
    features.amplitude[30:60] = 0
    reference = Motion.zeros(1)
    reference.expression[:] = 0.07
    generator = tiny_generator()
    gated = generator.generate(features, reference, seed=0).to_matrix()
    free = replace(generator, gate=SilenceGate(enabled=False)).generate(features, reference, seed=0).to_matrix()
    mouth = mouth_columns()
    np.testing.assert_array_equal(gated[:, ~mouth], free[:, ~mouth])
    resting = gated[35:48][:, mouth & (np.arange(58) < 50) & (np.arange(58) != 42)]
    np.testing.assert_array_equal(resting, np.full_like(resting, 0.07))
    assert not gated[35:48, 50:53].any() and not gated[35:48, 42].any()
    assert np.abs(free[35:48][:, mouth] - gated[35:48][:, mouth]).max() > 0.05


def test_dead_columns_stay_at_the_reference_and_the_corrective_follows_the_jaw() -> None:
    reference = Motion.zeros(1)
    reference.expression[0, DEAD_COLUMN] = 0.3
    motion = tiny_generator().generate(tiny_features(40), reference, seed=0)
    assert (motion.expression[:, DEAD_COLUMN] == np.float32(0.3)).all()
    np.testing.assert_allclose(motion.expression[:, 42], motion.jaw[:, 0] / TINY_CONFIG.jaw_open_angle_rad, rtol=1e-6)
    assert motion.jaw[:, 0].std() > 0


def test_checkpoint_on_disk_gives_the_same_motion(tmp_path: Path) -> None:
    path = write_tiny_generator(tmp_path / "tiny.safetensors")
    features = tiny_features(50)
    loaded = Generator.from_checkpoint(path)
    assert loaded.encoder == TINY_ENCODER
    same = replace(tiny_generator(), statistics=loaded.statistics)
    assert _difference(loaded.generate(features, seed=3), same.generate(features, seed=3)) == 0


def test_another_encoder_is_refused_by_name() -> None:
    features = replace(tiny_features(10), encoder="wavlm-9")
    with pytest.raises(InputError) as caught:
        tiny_generator().generate(features, seed=0)
    assert str(caught.value) == (
        "speech features of another encoder: received wavlm-9; accepted: tiny-encoder-1; next: encode the sound "
        "with the encoder that this generator was trained with"
    )


def _broken(kind: str) -> SpeechFeatures:
    features = tiny_features(10)
    if kind == "NaN":
        features.linguistic[3, 2] = np.nan
    if kind == "shape":
        return tiny_features(10, channels=9)
    return features if kind != "no speech" else tiny_features(0)


@pytest.mark.parametrize("kind", ["NaN", "shape", "no speech"])
def test_broken_features_are_refused(kind: str) -> None:
    with pytest.raises(InputError, match=kind):
        tiny_generator().generate(_broken(kind), seed=0)


@pytest.mark.parametrize("reference", [Motion.zeros(2), replace(Motion.zeros(1), head_model="flame")])
def test_references_of_another_kind_are_refused(reference: Motion) -> None:
    with pytest.raises(InputError, match="1 frame of head 'open'"):
        tiny_generator().generate(tiny_features(10), reference, seed=0)


def test_bad_choices_are_refused_before_the_first_window() -> None:
    with pytest.raises(InputError, match="unknown sampler"):
        tiny_generator().generate_windows(tiny_features(10), seed=0, sampler="rk4")
    with pytest.raises(ValueError, match="too few frames ahead"):
        replace(tiny_generator(), plan=WindowPlan(ahead=3))
