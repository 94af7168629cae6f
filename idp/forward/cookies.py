"""Cookies of a guarded host: for that host alone, and for no script."""

from flask import Response

HERE = "here"
"""What lets a browser in."""


def name(origin: str, what: str) -> str:
    """Return what a cookie is called; `__Host-` keeps it from every other host of a domain."""
    return f"__Host-acrux-{what}" if origin.startswith("https:") else f"acrux-{what}"


def give(answer: Response, origin: str, called: str, value: str, lasts: int | None = None) -> None:
    """Give a cookie for so many seconds; None: until the browser ends."""
    answer.set_cookie(
        called,
        value,
        lasts,
        path="/",
        secure=origin.startswith("https:"),
        httponly=True,
        samesite="Lax",
    )


def take(answer: Response, origin: str, called: str) -> None:
    """Take a cookie away."""
    give(answer, origin, called, "", 0)
