"""Readers under mutated documents, in short; the long run is ``python -m bench.fuzz``."""

from __future__ import annotations

from random import Random

import pytest

from bench.fuzz import MAX_GROWTH_BYTES, MAX_SECONDS, Run, fuzz
from bench.fuzz_targets import TARGETS, Target
from bench.mutations import MAX_BYTES, MUTATIONS, mutate

INPUTS = {"feed": 300, "front-matter": 500, "html": 300}


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_survives_damaged_documents(name: str) -> None:
    run = fuzz(TARGETS[name], INPUTS.get(name, 200), seed=20)

    assert [failure.why for failure in run.failures] == []
    assert run.slowest_seconds < MAX_SECONDS
    assert run.growth_bytes < MAX_GROWTH_BYTES
    assert run.outcomes["read"] > 0, "nothing but refusals tests no reader"
    assert len(run.outcomes) > 1, "no refusal means that nothing was damaged"


def test_the_same_seed_gives_the_same_inputs() -> None:
    corpus = [b"<a>one</a>", b"two words\nand lines"]

    def inputs(seed: int) -> list[bytes]:
        random = Random(seed)
        return [mutate(random, corpus) for _ in range(200)]

    assert inputs(5) == inputs(5)
    assert inputs(5) != inputs(6)
    assert max(map(len, inputs(5))) <= MAX_BYTES


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("data", [b"", b"x", b"<a>text and more</a>\n" * 20])
def test_every_mutation_takes_every_document(mutation: object, data: bytes) -> None:
    assert callable(mutation)
    for seed in range(20):
        assert isinstance(mutation(Random(seed), data, b"other <b>one</b>"), bytes)


def _run(reader: object) -> Run:
    assert callable(reader)
    return fuzz(Target("broken", lambda: [b"document"], reader, (ValueError,)), 40, seed=1)


def test_an_exception_that_was_not_promised_is_a_failure() -> None:
    def read(_: bytes) -> None:
        raise KeyError("oops")

    run = _run(read)
    assert (len(run.failures), run.outcomes) == (40, {"FAILED: KeyError": 40})
    assert "oops" in run.failures[0].why


def test_a_promised_exception_is_a_refusal() -> None:
    def read(_: bytes) -> None:
        raise UnicodeError("of the kind")

    run = _run(read)
    assert (run.failures, run.outcomes) == ([], {"refused: UnicodeError": 40})


def test_memory_that_is_kept_is_seen() -> None:
    kept: list[bytearray] = []

    run = _run(lambda _: kept.append(bytearray(b"x" * 3_000_000)))
    assert run.growth_bytes > MAX_GROWTH_BYTES
