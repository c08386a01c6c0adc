"""Teeth and tongue put where they are seen: biting edges at the lip line, the tongue low behind the lower teeth.

The base mesh hides its upper teeth above the lip line, in an edge-to-edge bite 8 mm behind the lips, and its tongue
fills the mouth. Only the mean head is changed: identity and jaw carry these parts as before.

A row of teeth is drawn as a subdivided strip, whose edges lie 3 mm inside those of its control mesh: places are chosen
on what is drawn. Resting lips of adults show 0.6 to 4.5 mm of upper and 0.5 to 3 mm of lower incisors when they part
(da Motta et al. 2010, 240 people of five ages).
"""

from __future__ import annotations

import numpy as np

from xtalker.geometry.surface import subdivide

UPPER_SHOWS_M, LOWER_HIDES_M = 0.0019, 0.0013  # drawn edges under the upper, under the lower lip's line at rest
INCISORS_M = 0.006  # half the width of the incisors
TOOTH_LEVELS = 2  # of subdivision when a row is drawn, see render.scene
UPPER_FORWARD_M, LOWER_FORWARD_M = 0.0030, 0.0012  # the lower incisors bite behind the upper ones
FRONT_TEETH = 0.35  # part of the arch, from the front, that comes forward whole; the last molars stay
TONGUE_THICK, TONGUE_WIDE = 0.45, 0.95  # of its tip; the root stays
TONGUE_BELOW_EDGE_M = 0.0070  # top of the blade under the biting edge of the lower teeth
TONGUE_TIP_BEHIND_M = 0.006  # behind the front of the lower teeth
TONGUE_RISE_M = 0.0140  # of the tip on its way out, beside what the base mesh does, which sinks it


def place_teeth(mean: np.ndarray, upper: np.ndarray, lower: np.ndarray, *, lip_line_m: float) -> None:
    """Move both rows in place.

    Args:
        mean: mean head (V, 3), metres.
        upper, lower: quads of the rows (n, 4).
        lip_line_m: height at which resting lips meet.
    """
    for quads, edge, wanted, forward in (
        (upper, np.min, lip_line_m - UPPER_SHOWS_M, UPPER_FORWARD_M),
        (lower, np.max, lip_line_m - LOWER_HIDES_M, LOWER_FORWARD_M),
    ):
        ids = np.unique(quads)
        z = mean[ids, 2]
        share = np.clip((z - z.min()) / ((1 - FRONT_TEETH) * np.ptp(z)), 0, 1)
        mean[ids, 2] += forward * share * share * (3 - 2 * share)
        drawn = subdivide(quads, len(mean), TOOTH_LEVELS).matrix @ mean
        front = (np.abs(drawn[:, 0]) < INCISORS_M) & (drawn[:, 2] > drawn[:, 2].max() - INCISORS_M)
        mean[ids, 1] += wanted - edge(drawn[front, 1])


def lay_tongue(mean: np.ndarray, tongue: np.ndarray, lower: np.ndarray) -> None:
    """Flatten and lower the tongue towards its tip, in place, behind the lower teeth."""
    points = mean[tongue]
    back, tip = points[:, 2].min(), points[:, 2].max()
    along = np.clip((points[:, 2] - back) / (tip - back), 0, 1)
    bend = np.clip((along + 0.3) / 0.5, 0, 1)  # the root, which carries on into the throat, moves little
    bend = bend * bend * (3 - 2 * bend)
    blade = points[along > 0.8]
    underside = blade[:, 1].min()
    thin = 1 + bend * (TONGUE_THICK - 1)
    top = underside + TONGUE_THICK * (blade[:, 1].max() - underside)
    drop = mean[lower, 1].max() - TONGUE_BELOW_EDGE_M - top
    floor = np.minimum(points[:, 1], underside)
    points[:, 1] = floor + (points[:, 1] - floor) * thin + bend * drop
    points[:, 0] *= 1 + bend * (TONGUE_WIDE - 1)
    points[:, 2] += bend * (mean[lower, 2].max() - TONGUE_TIP_BEHIND_M - tip)
    mean[tongue] = points


def tongue_weight(mean: np.ndarray, tongue: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Jaw weights of the tongue: the blade goes with the lower teeth, or it would rise against them."""
    z = mean[tongue, 2]
    along = np.clip((z - z.min()) / (0.5 * np.ptp(z)), 0, 1)
    return np.asarray(np.maximum(weight[tongue], 0.6 + 0.4 * along))


def tongue_rise(mean: np.ndarray, tongue: np.ndarray) -> np.ndarray:
    """What `tongueOut` adds to reach the upper teeth from behind before it passes between the lips.

    One channel has one straight path for each vertex: at 0.3, behind half closed teeth, the tip stands at the biting
    edge of the upper ones, which is as near to /l t d n/ as such a path comes; at 1 it is out, over the lower lip.
    """
    z = mean[tongue, 2]
    along = np.clip((z - z.min()) / np.ptp(z), 0, 1)
    share = np.clip((along - 0.25) / 0.75, 0, 1)
    out = np.zeros((len(tongue), 3))
    out[:, 1] = TONGUE_RISE_M * share * share * (3 - 2 * share)
    return out
