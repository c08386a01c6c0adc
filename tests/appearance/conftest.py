"""The drawn portrait, its fit and its avatar."""

from __future__ import annotations

import pytest
from tests.tiny.portrait import DrawnPortrait, drawn_avatar, drawn_portrait

from xtalker.appearance.fitted import Fitted
from xtalker.values.photo_avatar import PhotoAvatar


@pytest.fixture(scope="session")
def portrait() -> DrawnPortrait:
    return drawn_portrait()


@pytest.fixture(scope="session")
def fitted(portrait: DrawnPortrait) -> Fitted:
    return portrait.fitted


@pytest.fixture(scope="session")
def avatar() -> PhotoAvatar:
    return drawn_avatar()
