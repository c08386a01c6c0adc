"""Which of the 478 face landmarks lie around what: indices of MediaPipe's face mesh, left and right as the subject's.

Rings run around; an eye's starts at the outer corner and comes to the inner one, the 9th, along the lower lid.
"""

from __future__ import annotations

from typing import Final

RIGHT_EYE: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE: Final = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)

RIGHT_UPPER_LID: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LEFT_UPPER_LID: Final = (263, 466, 388, 387, 386, 385, 384, 398, 362)
RIGHT_LOWER_LID: Final = RIGHT_EYE[:9]
LEFT_LOWER_LID: Final = LEFT_EYE[:9]
"""Margins of the lids from the outer to the inner corner."""

RIGHT_IRIS: Final = (468, 469, 470, 471, 472)
LEFT_IRIS: Final = (473, 474, 475, 476, 477)
"""The middle, then four points of the border."""
IRISES: Final = (*RIGHT_IRIS, *LEFT_IRIS)

RIGHT_BROW: Final = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW: Final = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
BROWS: Final = (*RIGHT_BROW, *LEFT_BROW)

OUTER_LIPS: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
INNER_LIPS: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
UPPER_INNER_LIP: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER_LIP: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Borders of the mouth's opening from the right to the left corner."""

NOSE_BASE: Final = (98, 97, 2, 326, 327)

FACE_OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
    150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip

MOUTH_CORNERS: Final = (61, 291)
CHIN, FOREHEAD, NOSE_TIP = 152, 10, 4
