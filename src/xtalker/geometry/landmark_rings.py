"""Which of MediaPipe's 478 face landmarks outline what: indices, in order along each outline.

Left and right are the subject's. An eye's ring runs from its outer corner along the lower lid to the inner corner and
back along the upper lid; lips run from the right corner along the lower side.
"""

from __future__ import annotations

from typing import Final

RIGHT_EYE: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE: Final = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
OUTER_LIPS: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
INNER_LIPS: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
UPPER_INNER_LIP: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER_LIP: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Right corner to left corner; equal places lie above each other."""

MOUTH_CORNERS: Final = (61, 291)
CHIN, FOREHEAD, NOSE_TIP, NASION = 152, 10, 4, 168
FACE_OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
    150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
IRISES: Final = tuple(range(468, 478))
LEFT_IRIS, RIGHT_IRIS = tuple(range(473, 478)), tuple(range(468, 473))
"""Centre first, then four points of the rim."""

LEFT_LID_MARGIN: Final = (263, 466, 388, 387, 386, 385, 384, 398, 362)
RIGHT_LID_MARGIN: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133)
"""Upper lids, outer corner first."""
