"""First stage: everything of the open head except the landmark embedding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tools.open_head import expression, eyeballs, identity, regions
from tools.open_head.folds import soften
from tools.open_head.lids import personal_blink
from tools.open_head.lips import Lips
from tools.open_head.makehuman import NUM_BODY, Source, bone_weights, load_base, sample_mask
from tools.open_head.mouth import lay_tongue, place_teeth, tongue_rise, tongue_weight
from tools.open_head.rounding import Rounding

from xtalker.values.conventions import CHANNEL

PARTS = {
    "skin": ("body",), "teeth_upper": ("helper-upper-teeth",), "teeth_lower": ("helper-lower-teeth",),
    "tongue": ("helper-tongue",),
    "lashes": tuple(f"helper-{side}-eyelashes-{n}" for side in "lr" for n in (1, 2)),
}  # fmt: skip
EYES = {"eye_left": "helper-l-eye", "eye_right": "helper-r-eye"}
COLLAR_M, NECK_WEIGHT = 0.535, 0.02
HEAD_BEND = {"neck01": 0.2, "neck02": 0.2, "neck03": 0.2, "head": 0.4}  # how a head rotation spreads over the neck
HEAD_JOINT = "joint-head"
RIGID_WEIGHT = 0.999
NUM_COMPONENTS, NUM_SAMPLES, HELD_OUT = 100, 2048, 0.2
MASKS = {"lips": "lips", "eyelids": "eyelids", "inside_mouth": "inside-mouth", "ears": "ears", "face": "face"}


class Crop:
    """Head, neck and collar of the base mesh, with the eyeballs replaced.

    Attributes:
        ids: base-mesh vertices that are kept; eyeball vertices follow them.
        base: (V, 3) base head in metres.
        quads, quad_part, quad_uv, uv, part_names: the surface.
    """

    def __init__(self, source: Source) -> None:
        vertices, uv, quads, quad_uv, group = load_base(source)
        weight_under = bone_weights(source, len(vertices))
        self.num_source = len(vertices)
        on = np.zeros(len(vertices), bool)
        on[:NUM_BODY] = (weight_under("neck01")[:NUM_BODY] > NECK_WEIGHT) & (vertices[:NUM_BODY, 1] > COLLAR_M)
        part_of_group = {g: i for i, names in enumerate(PARTS.values()) for g in names}
        part = np.array([part_of_group.get(g, -1) for g in group])
        keep = (part > 0) | ((part == 0) & on[quads].all(1))
        self.ids = np.unique(quads[keep])
        renumber = np.full(len(vertices), -1)
        renumber[self.ids] = np.arange(len(self.ids))
        self.eye_support = [np.unique(quads[group == g]) for g in EYES.values()]
        self.all_ids = np.concatenate([self.ids, *self.eye_support])
        self.part_names = (*PARTS, *EYES)
        self._build_eyes(vertices)
        sphere, sphere_quads = eyeballs.cube_sphere()
        self.quads = np.concatenate(
            [renumber[quads[keep]]] + [sphere_quads + len(self.ids) + k * len(sphere) for k in (0, 1)]
        )
        self.quad_part = np.r_[part[keep], np.repeat([len(PARTS), len(PARTS) + 1], len(sphere_quads))]
        used, corner = np.unique(quad_uv[keep], return_inverse=True)
        self.uv = np.concatenate([uv[used], eyeballs.polar_uv(sphere)])
        eye_corner = len(used) + sphere_quads
        self.quad_uv = np.concatenate([corner.reshape(-1, 4), eye_corner, eye_corner])
        self.base = self.carry(vertices[self.all_ids])
        first_uv = np.zeros((len(self.base), 2))
        first_uv[self.quads.ravel()] = self.uv[self.quad_uv.ravel()]
        skin = np.isin(np.arange(len(self.base)), self.quads[self.quad_part == 0])
        self.masks = {
            name: np.where(skin, sample_mask(source.mask(f"mpfb2/textures/mpfb_{file}.jpg"), first_uv), 0)
            for name, file in MASKS.items()
        }
        bend = sum(share * weight_under(bone) for bone, share in HEAD_BEND.items())
        self.head_weight = np.r_[bend[self.ids], np.ones(len(self.base) - len(self.ids))]
        rigid = weight_under("head") > 0.95
        self.rigid = np.r_[rigid[self.ids], np.zeros(len(self.base) - len(self.ids), bool)]
        self.head_joint = vertices[np.unique(quads[group == HEAD_JOINT])].mean(0)

    def _build_eyes(self, vertices: np.ndarray) -> None:
        sphere, _ = eyeballs.cube_sphere()
        self._eye_weights = []
        for support in self.eye_support:
            points = vertices[support]
            centre, radius = eyeballs.sphere_fit(points)
            self._eye_weights.append(eyeballs.affine_weights(points, centre + radius * sphere))

    def _supports(self, vertices: np.ndarray) -> list[np.ndarray]:
        cuts = np.cumsum([len(self.ids), len(self.eye_support[0])])
        return np.split(vertices, cuts, axis=-2)[1:]

    def carry(self, vertices: np.ndarray) -> np.ndarray:
        """(..., all_ids, 3) of the base mesh -> (..., V, 3) with smooth eyeballs."""
        eyes = [w @ v for w, v in zip(self._eye_weights, self._supports(vertices))]
        return np.concatenate([vertices[..., : len(self.ids), :], *eyes], axis=-2)

    def part(self, name: str) -> np.ndarray:
        """Vertices of a part."""
        return np.unique(self.quads[self.quad_part == self.part_names.index(name)])


def build(wheel: Path, *, seed: int = 0) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Arrays of the head file (without landmarks) and the figures of the build."""
    source = Source(wheel)
    crop = Crop(source)
    offsets = identity.sample_offsets(source, crop.num_source, crop.all_ids, count=NUM_SAMPLES, seed=seed)
    heads = crop.base + crop.carry(offsets)
    identity.align(heads, crop.rigid)
    mean, components, std, figures = identity.principal_components(heads, count=NUM_COMPONENTS, held_out=HELD_OUT)
    lips = Lips(crop.quads[crop.quad_part == 0], crop.ids, mean)
    lips.close_rest(mean)
    components = lips.close_components(components)
    lower_teeth_top_m = float(mean[crop.part("teeth_lower"), 1].max())
    shapes = {
        name: np.concatenate([d, np.zeros((len(crop.base) - len(crop.ids), 3))])
        for name, d in expression.read_shapes(source, crop.num_source, crop.ids).items()
    }
    angle, pivot, weight, residual = expression.fit_jaw(crop.base, shapes["jawOpen"], crop.part("teeth_lower"))
    figures |= {"jaw_open_deg": float(np.degrees(angle)), "lower_teeth_residual_mm": 1e3 * residual}
    front = crop.rigid & (crop.base[:, 2] > 0.05) & (crop.base[:, 1] < 0.75)
    scale, rotation, shift = identity.similarity(crop.base[front], mean[front], scale=True)
    figures["scale_base_to_mean"] = float(scale)
    shapes = {name: scale * d @ rotation.T for name, d in shapes.items()}
    joints = _joints(crop, mean, components, jaw=scale * rotation @ pivot + shift)
    head_joint = scale * rotation @ crop.head_joint + shift
    channels = _channels(crop, lips, shapes, mean, weight, jaw=joints["joints"][0], angle=angle)
    jaw_moves = joints["joint_components"][:, 0]
    closing = lips.personal_closing(components, jaw_moves, weight, angle)
    personal = {"mouthClose": closing, **_blinks(crop, channels, mean, components)}
    singular = np.linalg.svd(channels.reshape(len(channels), -1), compute_uv=False)
    figures |= {"condition_number": float(singular[0] / singular[-1]), "num_vertices": len(mean)}
    sets = regions.named_regions(
        mean, skin=np.isin(np.arange(len(mean)), crop.part("skin")), opening=shapes["jawOpen"],
        masks=crop.masks, eye_centres=joints["joints"][1:],
        lower_teeth_top_m=lower_teeth_top_m,
    )  # fmt: skip
    sets["mouth_lining"] = lips.lining()
    # Under the chin, skin belongs to the neck and lags behind a turn.
    sets["face"] = sets["face"][crop.head_weight[sets["face"]] > RIGID_WEIGHT]
    f16, f32 = np.float16, np.float32
    arrays = {
        "mean": (mean - head_joint).astype(f32), "identity": components.astype(f16), "identity_std": std.astype(f32),
        "expression": (1e3 * channels).astype(f16), "joints": (joints["joints"] - head_joint).astype(f32),
        "joint_components": joints["joint_components"].astype(f32), "jaw_weight": weight.astype(f32),
        **_personal(personal),
        **{f"contact_{name}": array for name, array in lips.contact_arrays(channels).items()},
        "head_weight": crop.head_weight.astype(f32), "jaw_open_angle_rad": f32(angle),
        "quads": crop.quads.astype(np.int32), "quad_part": crop.quad_part.astype(np.int8),
        "part_names": np.array(crop.part_names), "uv": crop.uv.astype(f32), "quad_uv": crop.quad_uv.astype(np.int32),
        **{f"mask_{name}": m.astype(f16) for name, m in crop.masks.items()},
        **{f"region_{name}": ids.astype(np.int32) for name, ids in sets.items()},
    }  # fmt: skip
    return arrays, figures


def _channels(
    crop: Crop, lips: Lips, shapes: dict[str, np.ndarray], mean: np.ndarray, weight: np.ndarray,
    *, jaw: np.ndarray, angle: float,
) -> np.ndarray:  # fmt: skip
    """The 50 channels; puts teeth and tongue of the mean head, and the tongue's jaw weights, in place on the way."""
    tongue, lower = crop.part("tongue"), crop.part("teeth_lower")
    rows = (crop.quads[crop.quad_part == crop.part_names.index(f"teeth_{side}")] for side in ("upper", "lower"))
    place_teeth(mean, *rows, lip_line_m=lips.line_m(mean))
    lifted = mean[tongue].copy()
    lay_tongue(mean, tongue, lower)
    lifted -= mean[tongue]
    weight[tongue] = tongue_weight(mean, tongue, weight)
    eyes = np.r_[crop.part("eye_left"), crop.part("eye_right")]
    channels = expression.channels(shapes, base=crop.base, mean=mean, eyes=eyes, jaw=jaw, angle=angle, weight=weight)
    channels[CHANNEL["jawOpenCorrective"], tongue] = 0  # its weights alone lay it on the floor
    channels[CHANNEL["tongueOut"], tongue] += lifted + tongue_rise(mean, tongue)  # over the lower teeth on its way out
    red, near_eyes = (np.flatnonzero(crop.masks[name] > least) for name, least in (("lips", 0.35), ("eyelids", 0.1)))
    held = np.concatenate([lips.lining(), near_eyes])
    soften(channels, mean, quads=crop.quads[crop.quad_part == 0], lips=red, held=held)
    rounding = Rounding(crop.quads[crop.quad_part == 0], crop.ids, mean, lips.loops)
    rounding.draw(channels, weight=weight, angle=angle)
    lips.keep_closed(channels)
    return channels


def _blinks(
    crop: Crop, channels: np.ndarray, mean: np.ndarray, components: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What identity adds to the blinks."""
    skin, lashes = crop.part("skin"), crop.part("lashes")
    return {
        f"eyeBlink{side}": personal_blink(
            mean, channels[CHANNEL[f"eyeBlink{side}"]], components,
            eye=crop.part(f"eye_{side.lower()}"), skin=skin, lashes=lashes,
        )
        for side in ("Left", "Right")
    }  # fmt: skip


def _personal(corrections: dict[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """What identity adds to channels: rows of channel, vertex and displacement for each unit coefficient."""
    channel = [np.full(len(ids), CHANNEL[name]) for name, (ids, _) in corrections.items()]
    vertex = np.concatenate([ids for ids, _ in corrections.values()])
    assert len(np.unique(vertex)) == len(vertex), "a vertex is corrected by one channel only"
    return {
        "personal_channel": np.concatenate(channel).astype(np.int8),
        "personal_vertex": vertex.astype(np.int32),
        "personal_components": np.concatenate([c for _, c in corrections.values()], axis=1).astype(np.float16),
    }


def _joints(crop: Crop, mean: np.ndarray, components: np.ndarray, *, jaw: np.ndarray) -> dict[str, np.ndarray]:
    """Joints [jaw, eye left, eye right] of the mean head and how each identity component moves them.

    Eye centres are the mean of the sphere's vertices, which is exact because the cube sphere is symmetric; the jaw
    follows skin vertices in front of the ear.
    """
    hinge_at = crop.base - np.array([0, 0.685, 0.066])
    near = (np.abs(np.abs(hinge_at[:, 0]) - 0.07) < 0.015) & (np.abs(hinge_at[:, 1]) < 0.015)
    hinge = np.flatnonzero(crop.rigid & near & (np.abs(hinge_at[:, 2]) < 0.02))
    eyes = [crop.part("eye_left"), crop.part("eye_right")]
    moves = np.stack([components[:, ids].mean(1) for ids in (hinge, *eyes)], 1)
    return {"joints": np.stack([jaw, *(mean[ids].mean(0) for ids in eyes)]), "joint_components": moves}
