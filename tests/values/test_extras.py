import pytest

from xtalker.values import InputError
from xtalker.values.extras import require_extra


def test_what_is_installed_passes() -> None:
    require_extra("train", "json", "xtalker train")


def test_what_is_missing_is_said_with_the_command() -> None:
    with pytest.raises(InputError) as caught:
        require_extra("train", "no_such_package_anywhere", "xtalker train")
    assert str(caught.value) == (
        "xtalker train needs no_such_package_anywhere: received an installation without it; accepted: the extra "
        "'train'; next: pip install 'xtalker[train]'"
    )
