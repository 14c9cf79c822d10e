"""What the page does to the library: taking files and texts in, in a folder of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from ingest.pipeline import IngestReport, Progress, ingest
from rag.errors import LibraryError, SettingsError
from rag.reply_cache import ReplyCache, replies_of
from rag.settings import Settings
from ui.export import file_name
from ui.export_words import clean

__all__ = ["SAMPLE", "add_files", "add_sample", "add_text", "report_lines"]

SAMPLE = Path(__file__).parent.parent.parent / "seeds"
"""The sample collection is installed beside the packages."""
_LONGEST_TEXT = 1_000_000
_MOST_LINES = 100
"""A table may hold thousands of articles that can't be taken."""


def add_files(
    home: Path, settings: Settings, files: Sequence[Path], progress: Callable[[Progress], None]
) -> IngestReport:
    """Keep uploaded files in `HOME/uploads` and ingest them.

    What was uploaded lies in a temporary place; the library has to find it again. A file of the
    same name and content is the same file; one of other content is kept beside it.

    Args:
        home: the library's directory.
        settings: those to ingest with.
        files: where the uploads lie; each keeps its name.
        progress: as of `ingest.pipeline.ingest`.

    Raises:
        LibraryError: one of them can't be kept.
    """
    kept = [_kept(home, file) for file in files]
    report = _ingested(home, settings, list(dict.fromkeys(p for p, _ in kept)), progress)
    rejected = {file.path for file in report.files if file.status == "rejected"}
    for path, new in kept:
        if new and str(path) in rejected:
            path.unlink(missing_ok=True)
    return report


def add_text(
    home: Path,
    settings: Settings,
    text: str,
    *,
    title: str = "",
    outlet: str = "",
    published: date | None = None,
) -> IngestReport:
    """Keep a pasted text in `HOME/uploads`, under a header that says what is known of it.

    Raises:
        SettingsError: there is no text, or too much of it.
        LibraryError: it can't be kept.
    """
    text = text.strip()
    if not text:
        raise SettingsError("There is no text to add; paste it into its field.")
    if len(text) > _LONGEST_TEXT:
        raise SettingsError(f"The text has {len(text)} characters; {_LONGEST_TEXT} are the most.")
    known = {"title": title, "outlet": outlet, "date": published and published.isoformat()}
    header = [f"{name}: {_stated(value)}" for name, value in known.items() if value]
    lines = ["---", *header, "---", "", text, ""] if header else [text, ""]
    try:
        content = "\n".join(lines).encode()
    except UnicodeEncodeError:
        raise SettingsError("The text is not valid Unicode; copy it anew and paste it.") from None
    # The digest comes first: a long name is cut at its end.
    digest = hashlib.sha256(content).hexdigest()[:8]
    name = file_name(f"pasted {digest} {title or text[:40]}", "md" if header else "txt")
    folder = _folder(home)
    path = folder / name
    with _writing(folder):
        path.write_bytes(content)
    report = _ingested(home, settings, [path], lambda _: None)
    if report.count("rejected"):
        path.unlink(missing_ok=True)
    return report


def add_sample(
    home: Path, settings: Settings, progress: Callable[[Progress], None]
) -> IngestReport:
    """Ingest the sample collection."""
    return _ingested(home, settings, [SAMPLE], progress)


def report_lines(report: IngestReport) -> list[str]:
    """A line for each file that was not simply taken in; of very many, the first."""
    told = [f for f in report.files if f.reason]
    lines = [f"{f.status} {Path(f.path).name}: {f.reason}" for f in told[:_MOST_LINES]]
    if len(told) > _MOST_LINES:
        lines.append(f"… and {len(told) - _MOST_LINES} more")
    return lines


def _ingested(
    home: Path, settings: Settings, paths: Sequence[Path], progress: Callable[[Progress], None]
) -> IngestReport:
    report = ingest(home, paths, settings, progress=progress)
    if report.count("updated"):
        # What models wrote holds the words of articles that are gone now.
        ReplyCache(replies_of(home)).clear()
    return report


def _stated(value: object) -> str:
    """A value as front matter has it, in quotation marks: bare, `No` and `# 1` are no texts."""
    text = clean(str(value))
    return text if isinstance(value, date) else json.dumps(text, ensure_ascii=False)


def _kept(home: Path, file: Path) -> tuple[Path, bool]:
    """Where an upload is kept, and whether it was not there before."""
    folder = _folder(home)
    # Within the 255 bytes that file systems give a name.
    stem = file.stem.encode("utf-8", "replace")[:160].decode("utf-8", "ignore") or "article"
    suffix = file.suffix[:10]
    with _writing(folder):
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:8]
        for name in (f"{stem}{suffix}", f"{stem}-{digest}{suffix}"):
            try:
                # Two uploads of one name may come at once; only one of them makes the file.
                with (folder / name).open("xb") as new:
                    new.write(content)
                return folder / name, True
            except FileExistsError:
                if (folder / name).read_bytes() == content:
                    return folder / name, False
        raise SettingsError(f"{folder / name} has another content; remove it and try again.")


def _folder(home: Path) -> Path:
    folder = home / "uploads"
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise LibraryError(
            f"Nothing can be kept in {folder} ({exc.strerror}); check its disk and permissions."
        ) from exc
