"""The network of `config.GeneratorConfig` as graphs: what evaluations share, flow time, and the velocity.

The twin of `networks.transformer`, which trains it; every choice of a config is here, so a checkpoint of any config
runs. What belongs to a checkpoint and not to its config (the columns that move, means and deviations) stays outside.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from xtalker.generator.channels import NUM_POSE, NUM_REFERENCE, POSE
from xtalker.generator.config import GeneratorConfig
from xtalker.inference.graph import Axis, Graph, Value
from xtalker.inference.layers import attend, convolution, gelu, heads_of, linear, norm, plain_norm, swap_last
from xtalker.values.motion import NUM_MOTION

TIME_WAVES: Final = 128
TIME_SCALE: Final = 1000.0
LONGEST_PERIOD: Final = 10_000.0
_OF_BLOCK, _OF_READOUT = 6, 2
_END: Final = int(np.iinfo(np.int64).max)
_FRAMES: Final = ("batch", "frames")


@dataclass(frozen=True)
class _Shape:
    """A config, and the names of its blocks and readouts in the order of their rows of the modulation."""

    config: GeneratorConfig

    @property
    def blocks(self) -> list[str]:
        counts = {"trunk": self.config.blocks, "pose": self.config.head_blocks, "expression": self.config.head_blocks}
        return [f"{part}.{number}." for part, count in counts.items() for number in range(count)]

    @property
    def readouts(self) -> dict[str, int]:
        return {"pose_out.": NUM_POSE, "expression_out.": NUM_MOTION - NUM_POSE}

    @property
    def rows(self) -> int:
        return _OF_BLOCK * len(self.blocks) + _OF_READOUT * len(self.readouts)


def weights_of(config: GeneratorConfig) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all weights of a config."""
    return {**condition_graph(config).weights, **time_graph(config).weights, **velocity_graph(config).weights}


def condition_graph(config: GeneratorConfig, *, masked: bool = False) -> Graph:
    """Speech, loudness, reference, style and emotion, standardised, to what is added to frames.

    Inputs `linguistic`, `loudness`, `reference`, `style`, `emotion`, outputs `speech`, `loud`, `felt`, `heard`; each
    only where the config has it. All frames are present; or, `masked`, those where `present` is 1 and not 0.
    """
    graph, width = Graph("conditions"), config.width
    tokens = graph.input("linguistic", (*_FRAMES, config.speech_channels))
    present = graph.op("Unsqueeze", graph.input("present", _FRAMES), graph.constant([2])) if masked else None
    sizes = (config.speech_channels, width, config.speech_context)
    heard = _frame_embedding(graph, tokens, "speech.", sizes, present)
    added = heard
    if config.speech_through == "attention":
        added = graph.input("positions", ("frames", width))
        heard = graph.op("Add", heard, added)
        graph.output("heard", heard, (*_FRAMES, width))
        added = graph.op("Expand", added, graph.op("Shape", heard))
    for name, size in {"reference": NUM_REFERENCE * config.sees_reference, "style": len(config.styles)}.items():
        if size:
            row = linear(graph, graph.input(name, ("batch", size)), f"{name}.", size, width, bias=False)
            added = graph.op("Add", added, graph.op("Unsqueeze", row, graph.constant([1])))
    graph.output("speech", added, (*_FRAMES, width))
    if config.hears_loudness:
        level = graph.op("Unsqueeze", graph.input("loudness", _FRAMES), graph.constant([2]))
        loud = _frame_embedding(graph, level, "loudness.", (1, width, config.speech_context), present)
        graph.output("loud", loud, (*_FRAMES, width))
    if config.emotions:
        levels = graph.input("emotion", (*_FRAMES, len(config.emotions)))
        felt = linear(graph, levels, "emotion.", len(config.emotions), width, bias=False)
        graph.output("felt", felt, (*_FRAMES, width))
    return graph


def _frame_embedding(
    graph: Graph, track: Value, place: str, size: tuple[int, int, int], present: Value | None
) -> Value:
    """Each frame with its neighbours; beyond the ends, and where nothing is present, lie zeros."""
    channels, width, context = size
    own = linear(graph, track, f"{place}project.", channels, width)
    own = own if present is None else graph.op("Mul", own, present)
    around = convolution(
        graph, swap_last(graph, gelu(graph, own)), f"{place}neighbours.", width, width, 2 * context + 1,
        pads=[context, context],
    )  # fmt: skip
    return graph.op("Add", own, swap_last(graph, around))


def time_graph(config: GeneratorConfig) -> Graph:
    """`time` (times) to `modulation` (times, rows width): of each block and readout, with scales as 1 + scale."""
    graph, width, shape = Graph("flow time"), config.width, _Shape(config)
    waves = TIME_SCALE * np.exp(-math.log(LONGEST_PERIOD) * np.arange(TIME_WAVES) / TIME_WAVES)
    time = graph.op("Unsqueeze", graph.input("time", ("times",)), graph.constant([1]))
    angle = graph.op("Mul", time, graph.constant(waves.astype(np.float32)))
    x = graph.op("Concat", graph.op("Cos", angle), graph.op("Sin", angle), axis=1)
    x = linear(graph, x, "time.layers.0.", 2 * TIME_WAVES, width)
    x = linear(graph, graph.op("Mul", x, graph.op("Sigmoid", x)), "time.layers.2.", width, _OF_BLOCK * width)
    x = graph.op("Reshape", x, graph.constant([0, _OF_BLOCK, width]))
    first = graph.op("Slice", x, graph.constant([0]), graph.constant([_OF_READOUT]), graph.constant([1]))
    parts = [graph.op("Add", x, graph.weight(f"{place}table", _OF_BLOCK, width)) for place in shape.blocks]
    parts += [graph.op("Add", first, graph.weight(f"{place}table", _OF_READOUT, width)) for place in shape.readouts]
    ones = [0, 1, 0, 0, 1, 0] * len(shape.blocks) + [0, 1] * len(shape.readouts)
    joined = graph.op("Concat", *parts, axis=1)
    joined = graph.op("Add", joined, graph.constant(np.array(ones, np.float32)[:, None]))
    graph.output(
        "modulation",
        graph.op("Reshape", joined, graph.constant([0, shape.rows * width])),
        ("times", shape.rows * width),
    )
    return graph


def velocity_graph(config: GeneratorConfig) -> Graph:
    """`state` (batch, frames, 58) to `velocity`, before the columns that do not move are set to zero.

    Further inputs: one time's row of `modulation`; `speech`, `loud`, `felt`, `heard` of `condition_graph`; `near`
    (frames, frames), added to the products of attention; `cosine` and `sine` (frames, depth / 2) of the rotary
    positions, both times the fourth root of 1 / depth, which scales the products.
    """
    graph = Graph("velocity")
    half: tuple[Axis, ...] = ("frames", config.width // config.attention_heads // 2)
    places = _Places(graph.input("near", ("frames", "frames")), graph.input("cosine", half), graph.input("sine", half))
    _velocity(graph, config, _FRAMES, lambda x, block: _self_attention(graph, x, block, places))
    return graph


def step_graph(config: GeneratorConfig, hop: int) -> Graph:
    """`velocity_graph` for the next `hop` frames of streams, of a config that looks at no later frame.

    Inputs as there, but `near` (batch, 1, hop, past + hop) and the rotary waves (past + hop, depth / 2), where past is
    `half_window`; and `past` (batch, blocks, 2, past, width): what each block's keys and values were in the frames
    before, without positions, which are relative. Outputs `velocity`, and `kept`, the `past` of the next step.
    """
    graph, past = Graph("step"), config.half_window
    half = config.width // config.attention_heads // 2
    places = _Places(
        graph.input("near", ("batch", 1, hop, past + hop)),
        graph.input("cosine", (past + hop, half)),
        graph.input("sine", (past + hop, half)),
    )
    blocks = _Shape(config).blocks
    shape = ("batch", len(blocks), 2, past, config.width)
    before = graph.ops("Split", graph.input("past", shape), results=len(blocks), axis=1, num_outputs=len(blocks))
    memory, kept = dict(zip(blocks, before, strict=True)), []

    def attention(x: Value, block: _Block) -> Value:
        out, seen = _step_attention(graph, x, block, places, memory[block.place])
        kept.append(seen)
        return out

    _velocity(graph, config, ("batch", hop), attention)
    graph.output("kept", graph.op("Concat", *kept, axis=1), shape)
    return graph


def _velocity(
    graph: Graph, config: GeneratorConfig, frames: tuple[Axis, Axis], attention: Callable[[Value, _Block], Value]
) -> None:
    """Trunk, pose head and expression head (3DXTalker, Sec. 3.2), with self-attention of either kind."""
    width, shape = config.width, _Shape(config)
    modulation = graph.input("modulation", (shape.rows * width,))
    rows = graph.ops("Split", modulation, results=shape.rows, axis=0, num_outputs=shape.rows)
    of_block = {place: rows[_OF_BLOCK * i : _OF_BLOCK * (i + 1)] for i, place in enumerate(shape.blocks)}
    rest = rows[_OF_BLOCK * len(of_block) :]
    listens = config.speech_through == "attention"
    heard = graph.input("heard", (*frames, width)) if listens else None
    trunk = linear(graph, graph.input("state", (*frames, NUM_MOTION)), "state.", NUM_MOTION, width)
    trunk = graph.op("Add", trunk, graph.input("speech", (*frames, width)))
    ends = {"trunk": trunk}
    for part in ("trunk", "pose", "expression"):
        x = ends["trunk"]
        if (part == "pose" and config.hears_loudness) or (part == "expression" and config.emotions):
            told = "loud" if part == "pose" else "felt"
            x = graph.op("Add", x, graph.input(told, (*frames, width)))
        for place in (place for place in shape.blocks if place.startswith(part)):
            block = _Block(place, of_block[place], config)
            x = _block(graph, x, block, attention, heard if part == "trunk" else None)
        ends[part] = x
    pose, expression = (
        linear(graph, norm(graph, ends[place.removesuffix("_out.")], scale, shift), f"{place}out.", width, columns)
        for (place, columns), shift, scale in zip(shape.readouts.items(), rest[::2], rest[1::2], strict=True)
    )
    cut = graph.constant([POSE.start, NUM_MOTION - NUM_POSE - POSE.start])
    before, after = graph.ops("Split", expression, cut, results=2, axis=-1)
    graph.output("velocity", graph.op("Concat", before, pose, after, axis=-1), (*frames, NUM_MOTION))


@dataclass(frozen=True)
class _Places:
    """Inputs by which frames know their distance."""

    near: Value
    cosine: Value
    sine: Value


@dataclass(frozen=True)
class _Block:
    """One block: where its weights are, its rows of the modulation, its sizes."""

    place: str
    rows: list[Value]
    config: GeneratorConfig


def _block(
    graph: Graph, x: Value, block: _Block, attention: Callable[[Value, _Block], Value], heard: Value | None
) -> Value:
    """Self-attention, cross-attention to `heard` if there is one, feed-forward."""
    width, place = block.config.width, block.place
    shift, scale, gate, shift2, scale2, gate2 = block.rows
    mixed = attention(norm(graph, x, scale, shift), block)
    x = graph.op("Add", x, graph.op("Mul", gate, mixed))
    if heard is not None:
        x = graph.op("Add", x, _cross_attention(graph, plain_norm(graph, x, width), heard, block))
    inner = linear(graph, norm(graph, x, scale2, shift2), f"{place}feed_forward.0.", width,
                   block.config.feed_forward * width)  # fmt: skip
    outer = linear(graph, gelu(graph, inner), f"{place}feed_forward.3.", block.config.feed_forward * width, width)
    return graph.op("Add", x, graph.op("Mul", gate2, outer))


def _self_attention(graph: Graph, x: Value, block: _Block, places: _Places) -> Value:
    width, heads, place = block.config.width, block.config.attention_heads, f"{block.place}attention."
    parts = linear(graph, x, f"{place}query_key_value.", width, 3 * width)
    split = graph.op("Reshape", parts, graph.constant([0, 0, 3 * heads, width // heads]))
    split = graph.op("Transpose", split, perm=[0, 2, 1, 3])
    both, value = graph.ops("Split", split, graph.constant([2 * heads, heads]), results=2, axis=1)
    query, key = graph.ops("Split", _rotated(graph, both, places), results=2, axis=1, num_outputs=2)
    key = graph.op("Transpose", key, perm=[0, 1, 3, 2])
    mixed = attend(graph, query, key, value, width, bias=places.near)
    return linear(graph, mixed, f"{place}out.", width, width)


def _step_attention(graph: Graph, x: Value, block: _Block, places: _Places, memory: Value) -> tuple[Value, Value]:
    """Attention of new frames to themselves and to those remembered; and what to remember next."""
    config, place = block.config, f"{block.place}attention."
    width, heads, past = config.width, config.attention_heads, config.half_window
    parts = linear(graph, x, f"{place}query_key_value.", width, 3 * width)
    query, pair = graph.ops("Split", parts, graph.constant([width, 2 * width]), results=2, axis=-1)
    # (batch, hop, 2 width) to (batch, 1, 2, hop, width), as the memory has it.
    pair = graph.op("Reshape", pair, graph.constant([0, 0, 2, width]))
    pair = graph.op("Unsqueeze", graph.op("Transpose", pair, perm=[0, 2, 1, 3]), graph.constant([1]))
    all_frames = graph.op("Concat", memory, pair, axis=3)
    last = (graph.constant([-past]), graph.constant([_END]), graph.constant([3]))
    seen = graph.op("Slice", all_frames, *last)
    key, value = (
        heads_of(graph, graph.op("Squeeze", each, graph.constant([1, 2])), heads, width // heads)
        for each in graph.ops("Split", all_frames, results=2, axis=2, num_outputs=2)
    )
    query = heads_of(graph, query, heads, width // heads)
    new = (graph.constant([past]), graph.constant([_END]), graph.constant([0]))
    of_new = _Places(places.near, *(graph.op("Slice", wave, *new) for wave in (places.cosine, places.sine)))
    key = graph.op("Transpose", _rotated(graph, key, places), perm=[0, 1, 3, 2])
    mixed = attend(graph, _rotated(graph, query, of_new), key, value, width, bias=places.near)
    return linear(graph, mixed, f"{place}out.", width, width), seen


def _rotated(graph: Graph, x: Value, places: _Places) -> Value:
    """Rotary positions (Su et al. 2021) of queries and keys at once."""
    one, other = graph.ops("Split", x, results=2, axis=-1, num_outputs=2)
    products = [graph.op("Mul", half, wave) for half in (one, other) for wave in (places.cosine, places.sine)]
    first = graph.op("Sub", products[0], products[3])
    second = graph.op("Add", products[1], products[2])
    return graph.op("Concat", first, second, axis=-1)


def _cross_attention(graph: Graph, x: Value, heard: Value, block: _Block) -> Value:
    width, heads, place = block.config.width, block.config.attention_heads, f"{block.place}listening."
    depth = width // heads
    query = linear(graph, x, f"{place}query.", width, width)
    query = graph.op("Mul", query, graph.constant(depth**-0.5))
    both = linear(graph, heard, f"{place}key_value.", width, 2 * width)
    key, value = graph.ops("Split", both, results=2, axis=-1, num_outputs=2)
    split = [heads_of(graph, each, heads, depth, key=each == key) for each in (query, key, value)]
    return linear(graph, attend(graph, split[0], split[1], split[2], width), f"{place}out.", width, width)
