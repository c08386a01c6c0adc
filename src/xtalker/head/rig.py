"""The open head as morph targets and joints: the same vertices, in the form that files hold.

`OpenHead` turns twice: v = x + w_jaw (J - 1) x, then v + w_head (H - 1) v, with J and H as transforms. Multiplied
out that is linear blend skinning with four transforms, 1, H, H J and J, and no approximation:

    posed = [(1 - w_head)(1 - w_jaw) 1 + w_head (1 - w_jaw) H + w_head w_jaw H J + (1 - w_head) w_jaw J] x

J alone belongs to the throat, where the jaw pulls skin that does not follow the head. Eyeballs use H E alone.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from xtalker.head.interface import HeadModel
from xtalker.head.open_head import OpenHead
from xtalker.values import Identity
from xtalker.values.rig import Joint, Rig

_ROOT, _HEAD, _JAW, _EYE_LEFT, _EYE_RIGHT, _THROAT = range(6)
_NEGLIGIBLE_WEIGHT: Final = 1e-6


def rig_of(head: HeadModel, identity: Identity) -> Rig | None:
    """Rig of a person.

    Returns:
        None for heads that morph targets and joints cannot hold exactly (FLAME's pose correctives).

    Raises:
        InputError: the identity belongs to another head model.
    """
    if not isinstance(head, OpenHead):
        return None
    neutral = head.neutral(identity)
    index, weight = _influences(head)
    return Rig(
        topology=head.topology, neutral=neutral, morph_names=head.expression_names, morphs=head.expression_of(identity),
        joints=_joints(head, identity), joint_index=index, joint_weight=weight, head_model=head.name,
    )  # fmt: skip


def _joints(head: OpenHead, identity: Identity) -> tuple[Joint, ...]:
    origin = np.zeros(3, np.float32)
    jaw, left, right = head.joints_of(identity).astype(np.float32)
    return (
        Joint("root", None, origin, "none"),
        Joint("head", _ROOT, origin, "head"),
        Joint("jaw", _HEAD, jaw, "jaw"),
        Joint("gaze_left", _HEAD, left, "gaze"),
        Joint("gaze_right", _HEAD, right, "gaze"),
        Joint("throat", _ROOT, jaw, "jaw"),
    )


def _influences(head: OpenHead) -> tuple[np.ndarray, np.ndarray]:
    """Joints and shares of each vertex, the largest first."""
    follows = head.head_weight.astype(np.float64)
    opens = np.where(head.eye_of_vertex == 0, head.jaw_weight.astype(np.float64), 0)
    dense = np.zeros((len(follows), 6))
    dense[:, _ROOT] = (1 - follows) * (1 - opens)
    dense[:, _HEAD] = follows * (1 - opens)
    dense[:, _JAW] = follows * opens
    dense[:, _THROAT] = (1 - follows) * opens
    for number, joint in ((1, _EYE_LEFT), (2, _EYE_RIGHT)):
        mine = head.eye_of_vertex == number
        dense[mine, joint], dense[mine, _HEAD] = follows[mine], 0
    dense[dense < _NEGLIGIBLE_WEIGHT] = 0
    index = np.argsort(-dense, axis=1, kind="stable")[:, :4]
    weight = np.take_along_axis(dense, index, axis=1)
    index[weight == 0] = 0
    return index.astype(np.int32), (weight / weight.sum(1, keepdims=True)).astype(np.float32)
