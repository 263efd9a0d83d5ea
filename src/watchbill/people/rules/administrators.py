"""May somebody become an administrator of the installation, or stop being one? Pure."""

from __future__ import annotations


def why_not_given(name: str, *, is_admin: bool, is_active: bool) -> str:
    """The sentence that says why these rights cannot be given; empty when they can."""
    if is_admin:
        return f"{name} administers the installation already."
    if not is_active:
        return f"{name} is deactivated and could use no rights. Activate them first."
    return ""


def why_not_taken(name: str, *, is_admin: bool, others: int) -> str:
    """The same for taking them away. `others`: how many active people administer besides."""
    if not is_admin:
        return f"{name} does not administer the installation, so there is nothing to take."
    if not others:
        return f"Nobody but {name} administers the installation, and somebody must. Give the rights to somebody else first."
    return ""
