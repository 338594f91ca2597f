"""Folding: how well and how fast headlines become stories, beside plainer ways and a neural one, in one run.

Four parts, each of which can be had alone: the scores of all ways on a labelled stream, the order of arrival, the
same stream through the whole product, and large windows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import folding_embeddings as embeddings
from bench import folding_order, folding_product, folding_size
from bench.figures import Figure, arguments, show
from bench.folding_baselines import NearestStory, fold_equal_titles
from bench.folding_recipe import Recipe
from bench.folding_run import Fold, Row, fold_as_the_product, run
from bench.folding_stream import JOINED, STREAM, Stream, read_stream, what_is_missing
from bench.folding_table import comparison_figures, order_figures, row_figures, table

PARTS = ("scores", "order", "product", "size")
OURS = "the product's matcher"
BASELINES: dict[str, Fold] = {
    "equal titles": fold_equal_titles,
    "tf-idf cosine, nearest story": NearestStory().fold,
    "the measured recipe": Recipe().fold,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when the file that was named is not there."""
    options = _options(argv)
    path, joined = options.file or STREAM, options.gold if options.file else options.gold or JOINED
    figures: list[Figure] = []
    if missing := what_is_missing(path, joined):
        print(missing, file=sys.stderr)
        if options.file or options.gold:
            return 1
    else:
        stream = read_stream(path, joined, options.limit)
        figures += _of_stream(stream, path, joined, options)
    if "size" in options.parts:
        for stories in options.sizes:
            figures += folding_size.measure_apart(stories, options.probes)
    if figures:
        show("folding", figures, as_json=options.json)
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = arguments("folding of headlines into stories")
    parser.add_argument(
        "file", type=Path, nargs="?", help="labelled stream, CSV (default: the one beside the checkout)"
    )
    parser.add_argument("--gold", type=Path, help="which labels are one, TSV (default: the one beside the checkout)")
    parser.add_argument("--limit", type=int, default=0, help="most rows, 0 for all (default 0)")
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure (default all)"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="of other orders (default 1 2 3)")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=list(folding_size.SIZES), help="stories in the window"
    )
    parser.add_argument("--probes", type=int, default=folding_size.PROBES, help="items that arrive at each size")
    return parser.parse_args(argv)


def _of_stream(stream: Stream, path: Path, joined: Path | None, options: argparse.Namespace) -> Iterator[Figure]:
    told = _silent if options.json else print
    told(f"{len(stream.items):,} items, {len(set(stream.raw)):,} gold stories, {len(set(stream.joined)):,} joined")
    if "scores" in options.parts:
        ours, others = run(OURS, fold_as_the_product, stream), list(_baselines(stream))
        told(table([ours, *others], ours))
        yield from row_figures(ours, is_ours=True)
        for row in others if options.json else ():  # the table has them
            yield from row_figures(row, is_ours=False)
    if "order" in options.parts:
        order = folding_order.measure(stream, path, joined, options.seeds, options.limit)
        told(table(order.rows, order.rows[0]))
        yield from order_figures(order)
    if "product" in options.parts:
        found = folding_product.measure(stream)
        told(table([found.product, found.alone, found.unbroken], found.alone))
        yield from comparison_figures(found)


def _baselines(stream: Stream) -> Iterator[Row]:
    for name, fold in BASELINES.items():
        yield run(name, fold, stream)
    if not embeddings.is_installed():
        print(embeddings.NOT_INSTALLED, file=sys.stderr)
        return
    try:
        yield run("MiniLM sentence embeddings", embeddings.NearestCentroid().fold, stream)
    except OSError as error:
        print(f"MiniLM embeddings: the weights cannot be had, so not run: {error}", file=sys.stderr)


def _silent(_text: str) -> None:
    """What is printed as JSON has no tables."""


if __name__ == "__main__":
    sys.exit(main())
