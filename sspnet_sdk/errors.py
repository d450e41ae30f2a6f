"""The errors of this package: one clear line each, and the exit code that the command line gives for it."""


class SSPNetError(Exception):
    """Root of every error that this package raises on purpose."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(str(message).split()))  # engines answer in paragraphs; a user reads one line


class OptionError(SSPNetError, ValueError):
    """An option or argument has no meaning here (a negative frame rate, a box outside the image, a cut that the bundle lacks)."""

    exit_code = 2


class ImageError(SSPNetError, ValueError):
    """An image that cannot be used: not an image, empty, of another type than uint8, or a file that cannot be decoded."""

    exit_code = 3


class BundleError(SSPNetError):
    """A bundle that is missing, damaged, of a foreign schema, or that points outside its own folder."""

    exit_code = 4


class BackendError(SSPNetError):
    """An inference engine is missing or failed; the engine's own words are kept in the message."""

    exit_code = 5
