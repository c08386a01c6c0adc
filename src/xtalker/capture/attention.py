"""MediaPipe's attention face mesh as a network, without MediaPipe.

The model holds three custom operators that the stock LiteRT runtime lacks:

    Landmarks2TransformMatrix   rotated box of listed landmarks -> matrix from a region grid to feature map
    TransformTensorBilinear     samples of the feature map on that grid
    TransformLandmarks          a region's landmarks back to crop pixels

So the flatbuffer is cut in memory into a front and a back model around them, and they are computed here.
Which landmarks belong to lips and eyes is read from the operators' own options. Behaviour follows the public
Apache-2.0 sources of MediaPipe (util/tflite/operations).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers
from jaxtyping import Float, Int

from xtalker.capture.network import Network

INPUT_SIZE = 192
_NUM_MESH = 468
_NUM_LID = 16
"""The first indices of an eye's list run around its lids."""


@dataclass(frozen=True)
class RegionRule:
    """How a facial region is cut from the feature map: options of Landmarks2TransformMatrix.

    Attributes:
        indices: mesh landmarks of the region.
        left_index: landmark where the region's horizontal axis starts, as the image shows it.
        right_index: landmark where it ends.
        target_angle_rad: angle of that axis in the region.
        scale_x: enlargement of the box.
        scale_y: enlargement of the box.
        size: edge of the region's grid.
    """

    indices: Int[np.ndarray, "_"]
    left_index: int
    right_index: int
    target_angle_rad: float
    scale_x: float
    scale_y: float
    size: int

    @classmethod
    def from_options(cls, options: bytes) -> RegionRule:
        """Read the flexbuffer of the operator."""
        o = flexbuffers.Loads(options)
        return cls(
            np.array(o["subset_idxs"], np.int64), o["left_rotation_idx"], o["right_rotation_idx"],
            o["target_rotation_radians"], o["scale_x"], o["scale_y"], o["output_width"],
        )  # fmt: skip


def region_matrix(points: Float[np.ndarray, "landmarks _"], rule: RegionRule) -> Float[np.ndarray, "4 4"]:
    """Landmarks2TransformMatrix: region grid -> feature map, in the landmarks' unit.

    Args:
        points: mesh landmarks (x, y, ...) in feature-map pixels.
        rule: the region.
    """
    dx, dy = points[rule.right_index, :2] - points[rule.left_index, :2]
    angle = np.arctan2(dy, dx) - rule.target_angle_rad
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    upright = points[rule.indices, :2] @ rotation
    matrix = np.eye(4)
    matrix[:2, :2] = rotation * (np.ptp(upright, axis=0) * [rule.scale_x, rule.scale_y] / rule.size)
    center = rotation @ (upright.max(axis=0) + upright.min(axis=0)) / 2
    matrix[:2, 3] = center - matrix[:2, :2] @ np.full(2, rule.size / 2)
    return matrix


def sample_features(
    features: Float[np.ndarray, "height width channels"], matrix: Float[np.ndarray, "4 4"], size: int
) -> Float[np.ndarray, "{size} {size} channels"]:
    """TransformTensorBilinear, version 2: pixel centres lie at +0.5, outside is zero.

    Args:
        features: the feature map.
        matrix: grid -> feature map, from `region_matrix`.
        size: edge of the grid.
    """
    height, width = features.shape[:2]
    v, u = np.mgrid[:size, :size] + 0.5
    x, y = (matrix[k, 0] * u + matrix[k, 1] * v + matrix[k, 3] - 0.5 for k in (0, 1))
    inside = ((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1))[..., None]
    i, j = np.clip(x.astype(int), 0, width - 2), np.clip(y.astype(int), 0, height - 2)
    s, t = (x - i)[..., None], (y - j)[..., None]
    upper = (1 - s) * features[j, i] + s * features[j, i + 1]
    lower = (1 - s) * features[j + 1, i] + s * features[j + 1, i + 1]
    return np.where(inside, (1 - t) * upper + t * lower, 0)


def transform_landmarks(
    points: Float[np.ndarray, "landmarks 2"], matrix: Float[np.ndarray, "4 4"]
) -> Float[np.ndarray, "landmarks 2"]:
    """TransformLandmarks: region grid -> the unit of `region_matrix`."""
    return points @ matrix[:2, :2].T + matrix[:2, 3]


class AttentionMesh:
    """Crop -> 478 landmarks in crop pixels.

    Args:
        model_bytes: `face_landmark_with_attention.tflite` of MediaPipe.
        threads: processor threads.
    """

    def __init__(self, model_bytes: bytes, *, threads: int = 1) -> None:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model_bytes, 0))
        # Signatures name the tensors of the whole graph, which its halves do not have.
        model.signatureDefs = None
        graph = model.subgraphs[0]
        operators, outputs = list(graph.operators), [int(i) for i in graph.outputs]
        matrices, samplers, transforms = (
            [o for o in operators if model.operatorCodes[o.opcodeIndex].customCode == name]
            for name in (b"Landmarks2TransformMatrix", b"TransformTensorBilinear", b"TransformLandmarks")
        )
        self._rules = [RegionRule.from_options(bytes(o.customOptions)) for o in matrices]
        # Front: coarse points of each region, the feature map, the mesh and the presence flag.
        wanted = [int(o.inputs[0]) for o in [*matrices, samplers[0]]] + [outputs[0], outputs[6]]
        self._front = _piece(model, operators, [int(i) for i in graph.inputs], wanted, threads)
        # Back: refined points and the matrix that belongs to them, for lips, eye, iris, eye, iris.
        pairs = [int(i) for o in transforms for i in o.inputs[:2]]
        unique = list(dict.fromkeys(pairs))
        given = [int(o.outputs[0]) for o in [*samplers, *matrices]]
        self._back = _piece(model, operators, given, unique, threads)
        self._pick = [unique.index(i) for i in pairs]

    def __call__(self, image: Float[np.ndarray, "192 192 3"]) -> tuple[Float[np.ndarray, "478 3"], float]:
        """Landmarks (x, y in crop pixels, z in the same unit) and presence 0..1 for an RGB crop in 0..255."""
        *coarse, features, mesh, flag = self._front(image[None] / 255)
        matrices = [region_matrix(points[0], rule) for points, rule in zip(coarse, self._rules)]
        grids = [sample_features(features[0], m, r.size)[None] for m, r in zip(matrices, self._rules)]
        out = self._back(*grids, *(m[None] for m in matrices))
        refined = [
            transform_landmarks(out[points][0].reshape(-1, 2), out[matrix][0])
            for points, matrix in zip(self._pick[::2], self._pick[1::2])
        ]
        presence = 1 / (1 + np.exp(-np.clip(float(flag.item()), -80, 80)))
        return assemble(mesh.reshape(_NUM_MESH, 3), refined, self._rules), float(presence)


def assemble(
    mesh: Float[np.ndarray, "468 3"],
    refined: Sequence[Float[np.ndarray, "_ 2"]],
    rules: Sequence[RegionRule],
) -> Float[np.ndarray, "478 3"]:
    """Refined x, y replace the mesh's, z stays; an iris takes the mean depth of its lids.

    Args:
        mesh: the coarse landmarks.
        refined: lips, first eye, its iris, second eye, its iris.
        rules: of lips, first eye, second eye.
    """
    lips, first_eye, first_iris, second_eye, second_iris = refined
    points = np.concatenate([mesh, np.zeros((10, 3), mesh.dtype)])
    for rule, part in zip(rules, (lips, first_eye, second_eye)):
        points[rule.indices, :2] = part
    for start, rule, iris in zip((468, 473), rules[1:], (first_iris, second_iris)):
        points[start : start + 5, :2] = iris
        points[start : start + 5, 2] = points[rule.indices[:_NUM_LID], 2].mean()
    return points


def _piece(model: Any, operators: Sequence[Any], inputs: list[int], outputs: list[int], threads: int) -> Network:
    """The part of the graph that computes `outputs` from `inputs`; constants come along with their consumers.

    Exposing dequantised constants as outputs instead makes the XNNPACK delegate fail.
    """
    graph, needed = model.subgraphs[0], set(outputs)
    kept: list[Any] = []
    for operator in reversed(operators):  # they are stored in the order of execution
        if needed & {int(i) for i in operator.outputs} - set(inputs):
            kept.insert(0, operator)
            needed |= {int(i) for i in operator.inputs}
    graph.operators, graph.inputs, graph.outputs = kept, inputs, outputs
    builder = flatbuffers.Builder(1 << 22)
    builder.Finish(model.Pack(builder), b"TFL3")
    names = ([graph.tensors[i].name.decode() for i in ids] for ids in (inputs, outputs))
    return Network(bytes(builder.Output()), *names, threads=threads)
