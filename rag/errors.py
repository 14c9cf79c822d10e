"""The errors Citewire raises, as one tree.

CitewireError
├── SettingsError   a setting or an argument has a value it can't have (exit 2)
├── EmptyLibrary    a question was asked of a library without articles (exit 2)
├── NotFound        an id names nothing in the library (exit 2)
├── RejectedFile    one file can't be ingested; the others go on (exit 1)
├── LibraryError    the library can't be read or written (exit 3)
├── LibraryBusy     another process is writing to the library (exit 3)
├── ModelError      a model file is missing or isn't the one that was tested (exit 3)
└── ProviderError   a served model can't be reached or gives no usable reply (exit 3)

Each message is one line that names the thing and says what to do next.
"""

from __future__ import annotations

__all__ = [
    "CitewireError",
    "EmptyLibrary",
    "LibraryBusy",
    "LibraryError",
    "ModelError",
    "NotFound",
    "ProviderError",
    "RejectedFile",
    "SettingsError",
]


class CitewireError(Exception):
    """The root. `exit_code` is what the command line exits with."""

    exit_code = 3


class SettingsError(CitewireError):
    """A setting or an argument has a value that it can't have."""

    exit_code = 2


class EmptyLibrary(CitewireError):
    """The library holds no article yet, so there is nothing to ask."""

    exit_code = 2


class NotFound(CitewireError):
    """An id or a path names nothing that exists."""

    exit_code = 2


class RejectedFile(CitewireError):
    """One file can't be ingested, for the reason the message gives."""

    exit_code = 1


class LibraryError(CitewireError):
    """The library can't be read or written: damaged, full disk, no permission."""

    exit_code = 3


class LibraryBusy(CitewireError):
    """Another process holds the library's writer lock."""

    exit_code = 3


class ModelError(CitewireError):
    """A model file is missing or differs from the one that was tested."""

    exit_code = 3


class ProviderError(CitewireError):
    """A served model can't be reached, turns a request down, or gives no usable reply."""

    exit_code = 3
