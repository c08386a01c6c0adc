"""The ears that hear against the network that is trained."""

import numpy as np
import torch
from tests.speech.test_ears import _TINY, weights

from xtalker.inference.session import Session
from xtalker.networks.ears import EarsNetwork
from xtalker.networks.generator_checkpoint import load_arrays
from xtalker.speech.ears import ears_graph


def test_rows_are_those_of_the_trained_network() -> None:
    network = EarsNetwork(_TINY)
    load_arrays(network, weights())
    mel = np.random.default_rng(0).standard_normal((3, 40, 320), np.float32)
    before = np.zeros((3, _TINY.memory_frames, _TINY.width), np.float32)
    rows, _ = Session(ears_graph(_TINY), weights()).run(mel=mel, before=before)
    with torch.inference_mode():
        np.testing.assert_allclose(rows, network.eval()(torch.from_numpy(mel)).numpy(), atol=1e-5)
    assert network.arrays().keys() == weights().keys()
