"""What the status of a reply means for a person who wants the page."""

from __future__ import annotations

from http.client import HTTPResponse

from rag.errors import RejectedFile

__all__ = ["StatusFault", "check_status"]

_SAVE = "save the page with a browser and ingest the file"
_MEANING = {
    401: f"asks for a sign-in (401): {_SAVE}",
    402: f"asks for payment (402): {_SAVE} if you may read it",
    403: f"turns programs away (403): {_SAVE}",
    404: "not there (404): check the address",
    410: "taken down for good (410): check the address",
    451: "withheld for legal reasons (451)",
}


class StatusFault(RejectedFile):
    """A server answered, but not with a page."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def check_status(response: HTTPResponse) -> None:
    """Let only a whole page through.

    Raises:
        StatusFault: the reply is something else.
    """
    status = response.status
    if status in (200, 203):
        return
    if status == 429:
        wait = response.headers.get("Retry-After", "").strip()
        when = f"in {int(wait):,} s" if wait.isdecimal() and len(wait) < 7 else "later"
        raise StatusFault(status, f"asked too often (429): try again {when}")
    if status >= 500:
        message = f"its server has a fault ({status}): try again later"
    elif status >= 400:
        message = f"turns the request down ({status}): check the address"
    else:
        message = f"answers without a page ({status}): check the address"
    raise StatusFault(status, _MEANING.get(status, message))
