"""Random heads from MakeHuman sliders, and their principal components.

The slider ranges are guesses, not a population statistic: the components cover this sampler, and no claim about
real populations follows from them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tools.open_head.makehuman import Source

AGES, AGE_AT = ("baby", "child", "young", "old"), (0.0, 1 / 3, 2 / 3, 1.0)
ADULT = (0.62, 0.92)  # in this convention .45 would be two thirds child
RACES = ("african", "asian", "caucasian")
FACE_FOLDERS = ("cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "nose")
LOCAL_SD, LOCAL_LIMIT, ASYMMETRY_SD = 0.25, 0.8, 0.03


def _hat(values: np.ndarray, anchors: tuple[float, ...]) -> np.ndarray:
    """Linear interpolation weights over the anchors, (anchors, len(values))."""
    return np.stack([np.interp(values, anchors, row) for row in np.eye(len(anchors))])


def macro_coefficients(p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """File stem under targets/macrodetails -> coefficient of each sample, from sliders in 0..1."""
    gender = dict(zip(("male", "female"), _hat(p["gender"], (0, 1))))
    age = dict(zip(AGES, _hat(p["age"], AGE_AT)))
    muscle, weight = (
        dict(zip([f"{level}{kind}" for level in ("min", "average", "max")], _hat(p[kind], (0, 0.5, 1))))
        for kind in ("muscle", "weight")
    )
    height = dict(zip(("minheight", "maxheight"), _hat(p["height"], (0, 1))))
    proportions = dict(zip(("idealproportions", "uncommonproportions"), _hat(p["proportions"], (0, 1))))
    total = sum(p[race] for race in RACES)
    out = {}
    for g, a in ((g, a) for g in gender for a in age):
        share = gender[g] * age[a]
        if not share.any():
            continue
        out |= {f"{race}-{g}-{a}": p[race] / total * share for race in RACES}
        for m, w in ((m, w) for m in muscle for w in weight):
            c = share * muscle[m] * weight[w]
            if not c.any():
                continue
            out[f"universal-{g}-{a}-{m}-{w}"] = c
            out |= {f"height/{g}-{a}-{m}-{w}-{k}": c * x for k, x in height.items()}
            if a != "baby":
                out |= {f"proportions/{g}-{a}-{m}-{w}-{k}": c * x for k, x in proportions.items()}
    return out


def _local_pairs(source: Source) -> Iterator[tuple[str, str, str, str]]:
    """(folder, positive target, negative target, side) of every face slider."""
    for folder, entry in source.json("mpfb2/targets/target.json").items():
        if folder not in FACE_FOLDERS:
            continue
        for category in entry["categories"]:
            ends = category.get("opposites", {})
            for side in ("left", "right", "unsided"):
                positive, negative = (ends.get(f"{s}-{side}", "") for s in ("positive", "negative"))
                if positive and negative:
                    yield folder, positive, negative, side


def sample_offsets(source: Source, num_vertices: int, keep: np.ndarray, *, count: int, seed: int) -> np.ndarray:
    """(count, len(keep), 3) displacements from the base mesh, metres."""
    rng = np.random.default_rng(seed)
    race = rng.dirichlet([0.6] * 3, count).T
    sliders = {
        "gender": rng.beta(0.5, 0.5, count), "age": rng.uniform(*ADULT, count),
        "muscle": rng.uniform(0.3, 0.7, count), "weight": np.clip(rng.normal(0.5, 0.15, count), 0.1, 0.95),
        "height": rng.uniform(0.35, 0.65, count), "proportions": rng.uniform(0.3, 0.8, count),
        **dict(zip(RACES, race)),
    }  # fmt: skip
    names, coefficients = [], []
    for stem, c in macro_coefficients(sliders).items():
        names.append(f"mpfb2/targets/macrodetails/{stem}.target.gz")
        coefficients.append(c)
    left: dict[tuple[str, str], np.ndarray] = {}
    for folder, positive, negative, side in _local_pairs(source):
        key = (folder, positive.replace("r-", "l-", 1) if side == "right" else positive)
        x = rng.normal(0, LOCAL_SD, count)
        if side == "right" and key in left:
            x = left[key] + rng.normal(0, ASYMMETRY_SD, count)
        x = np.clip(x, -LOCAL_LIMIT, LOCAL_LIMIT)
        left[key] = x
        names += [f"mpfb2/targets/{folder}/{target}.target.gz" for target in (positive, negative)]
        coefficients += [np.maximum(x, 0), np.maximum(-x, 0)]
    targets = np.stack([source.target(name, num_vertices)[keep].astype(np.float32).ravel() for name in names])
    return (np.stack(coefficients, 1).astype(np.float32) @ targets).reshape(count, -1, 3).astype(np.float64)


def similarity(a: np.ndarray, b: np.ndarray, *, scale: bool = False) -> tuple[float, np.ndarray, np.ndarray]:
    """Least-squares s, R, t with b = s R a + t (Umeyama)."""
    centre_a, centre_b = a.mean(0), b.mean(0)
    u, s, vt = np.linalg.svd((a - centre_a).T @ (b - centre_b))
    d = np.array([1, 1, np.sign(np.linalg.det(vt.T @ u.T))])
    rotation = vt.T * d @ u.T
    size = (s * d).sum() / ((a - centre_a) ** 2).sum() if scale else 1.0
    return size, rotation, centre_b - size * rotation @ centre_a


def align(heads: np.ndarray, rigid_vertices: np.ndarray) -> None:
    """Bring every head (n, V, 3) rigidly onto their common mean, judged by some vertices, in place."""
    reference = heads[0]
    for _ in range(2):
        for head in heads:
            _, rotation, shift = similarity(head[rigid_vertices], reference[rigid_vertices])
            head[:] = head @ rotation.T + shift
        reference = heads.mean(0)


def principal_components(
    heads: np.ndarray, *, count: int, held_out: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, float]]:
    """Mean (V, 3), orthonormal components (count, V, 3), standard deviations (count,), figures in mm."""
    num_train = int(len(heads) * (1 - held_out))
    mean = heads[:num_train].mean(0)
    centred = (heads - mean).reshape(len(heads), -1)
    train, test = centred[:num_train], centred[num_train:]
    values, vectors = np.linalg.eigh(train @ train.T)  # Gram matrix: far fewer samples than coordinates
    variance = np.clip(values[::-1], 0, None) / (num_train - 1)
    components = (vectors[:, ::-1][:, :count] / np.sqrt(variance[:count] * (num_train - 1))).T @ train
    components = (
        np.linalg.qr(components.T)[0].T
        * np.sign(np.einsum("kn,kn->k", np.linalg.qr(components.T)[0].T, components))[:, None]
    )
    error = 1e3 * np.linalg.norm((test - test @ components.T @ components).reshape(len(test), -1, 3), axis=-1)
    figures = {
        "variance_explained": float(variance[:count].sum() / variance.sum()),
        "held_out_mean_mm": float(error.mean()),
        "held_out_p95_mm": float(np.percentile(error, 95)),
    }
    return mean, components.reshape(count, -1, 3), np.sqrt(variance[:count]), figures
