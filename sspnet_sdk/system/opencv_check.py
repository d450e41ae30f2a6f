"""OpenCV is published under four names that overwrite each other: what is missing or half there is said with its cure."""

from __future__ import annotations

from importlib import metadata

from sspnet_sdk.errors import SSPNetError

DISTRIBUTIONS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")


def check_opencv() -> None:
    """Nothing where OpenCV works.

    Raises:
        SSPNetError: it is missing, does not load, or is only partly there; with the command that helps.
    """
    try:
        import cv2

        cv2.imdecode  # noqa: B018 (what is left of a removed wheel imports, but holds nothing)
    except ModuleNotFoundError as error:
        if error.name != "cv2":
            raise SSPNetError(f"OpenCV does not load: {error}") from error
        raise SSPNetError(_partly() if _listed() else _MISSING) from None
    except ImportError as error:
        raise SSPNetError(f"OpenCV does not load ({error}): {_again('opencv-python-headless')}") from error
    except AttributeError:
        raise SSPNetError(_partly()) from None


_MISSING = "OpenCV is missing: pip install opencv-python-headless (or opencv-python, which opens windows)"


def _partly() -> str:
    listed = _listed()
    return (
        f"OpenCV is only partly there, as where one of two of its packages was removed: {_again(listed[0] if listed else None)}"
    )


def _again(distribution: str | None) -> str:
    return f"pip install --force-reinstall --no-deps {distribution or 'opencv-python-headless'}"


def _listed() -> list[str]:
    found = {str(distribution.metadata["Name"]).lower() for distribution in metadata.distributions()}
    return [name for name in DISTRIBUTIONS if name in found]
