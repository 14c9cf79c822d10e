"""Spoilt files that Hypothesis thinks of, and makes as small as it can; see `measure_fuzz` too."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.files import FoundFile
from ingest.parsed import Task
from ingest.readers import read_here
from tests.measure_fuzz import FAULTS, RULES, verdict_on
from tests.mutations import MAGIC
from tests.sample_files import SAMPLES

edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(MAGIC) | st.binary(max_size=12)),
    min_size=1,
    max_size=4,
)
"""Where, how many bytes go, and what comes in their place."""


@pytest.mark.parametrize("suffix", SAMPLES)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(which=st.integers(0, 1), edits=edits)
def test_a_spoilt_file_is_read_or_told(
    suffix: str, which: int, edits: list[tuple[float, int, bytes]], tmp_path: Path
) -> None:
    contents = SAMPLES[suffix]
    content = contents[which % len(contents)]
    for where, gone, comes in edits:
        at = int(where * len(content))
        content = content[:at] + comes + content[at + gone :]
    path = tmp_path / f"case{suffix}"
    path.write_bytes(content)
    ((_, events),) = read_here([Task(FoundFile(path, tmp_path))], RULES)
    outcome, said = verdict_on(list(events))
    assert outcome not in FAULTS, said
