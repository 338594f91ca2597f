"""Tables on stdout."""

from __future__ import annotations

import pytest

from worker.cli.output import print_table

URL = "https://harbor.example/" + "a-long-path/" * 12


@pytest.mark.parametrize("columns", ["20", "80", "400"])
def test_a_table_cuts_no_address_and_no_heading(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    print_table(("url", "next_poll_at", "warnings"), [(URL, "2026-03-02T12:00:00Z", None)])

    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["url", "next_poll_at", "warnings"]
    assert row.split() == [URL, "2026-03-02T12:00:00Z"]
