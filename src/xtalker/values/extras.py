"""What an installation may lack: optional parts of xtalker, named by the extra that brings them."""

from __future__ import annotations

from importlib.util import find_spec

from xtalker.values.errors import InputError


def require_extra(extra: str, package: str, what: str) -> None:
    """Refuse what the installation cannot do, with the command that changes it.

    Args:
        extra: of the distribution, such as "train".
        package: that it brings, by the name under which it is imported.
        what: needs it, as the user would say.

    Raises:
        InputError: the package is not installed.
    """
    if find_spec(package) is None:
        raise InputError(
            f"{what} needs {package}", received="an installation without it", accepted=f"the extra '{extra}'",
            next_step=f"pip install 'xtalker[{extra}]'",
        )  # fmt: skip
