"""What every head model offers."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from xtalker.values import Identity, InputError, MeshTopology, Motion


@runtime_checkable
class HeadModel(Protocol):
    """Coefficients to vertices in metres, in the axes of `values.conventions`."""

    @property
    def name(self) -> str:
        """What `Identity.head_model` and `Motion.head_model` must say."""
        ...

    @property
    def topology(self) -> MeshTopology:
        """Faces and named parts."""
        ...

    @property
    def expression_names(self) -> tuple[str, ...]:
        """One for each of the 50 expression channels, in order."""
        ...

    @property
    def landmark_triangles(self) -> Int[np.ndarray, "478 3"] | None:
        """Corners of the triangle under each MediaPipe point; None when the head has no embedding."""
        ...

    @property
    def landmark_weights(self) -> Float[np.ndarray, "478 3"] | None:
        """Barycentric weights of those corners."""
        ...

    def neutral(self, identity: Identity) -> Float[np.ndarray, "vertices 3"]:
        """A person's head with no expression, mouth closed."""
        ...

    def vertices(
        self, identity: Identity, motion: Motion, *, canonical: bool = False
    ) -> Float[np.ndarray, "frames vertices 3"]:
        """Vertices of every frame; `canonical` leaves the head rotation out.

        Raises:
            InputError: the coefficients belong to another head model.
        """
        ...

    def landmarks(
        self, identity: Identity, motion: Motion, *, canonical: bool = False
    ) -> Float[np.ndarray, "frames 478 3"]:
        """The 478 MediaPipe points of every frame.

        Raises:
            InputError: the head has no embedding, or the coefficients belong to another head model.
        """
        ...


def refuse_other_head(received: str, own: str) -> None:
    """Coefficients of one head mean nothing to another.

    Raises:
        InputError: when the two names differ.
    """
    if received != own:
        raise InputError(
            "parameters belong to another head model", received=received, accepted=own,
            next_step=f"load the head '{received}' or convert the parameters",
        )  # fmt: skip
