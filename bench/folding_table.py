"""The bench of folding on paper: tables of scores for people, figures for machines."""

from __future__ import annotations

from collections.abc import Sequence

from bench.figures import Figure
from bench.folding_order import Order
from bench.folding_product import Comparison
from bench.folding_run import Row
from bench.folding_scores import Score

#: What the product is to reach on the joined gold of the stream.
TARGET_F1, TARGET_PRECISION, TARGET_MERGES = 0.84, 0.86, 0.05
_HEAD = (
    "",
    "joined P / R / F1",
    "raw F1",
    "pairs P / R / F1",
    "merges/item",
    "items/s",
    "groups",
    "F1 to ours",
    "speed",
)


def table(rows: Sequence[Row], ours: Row) -> str:
    """The rows under each other; F1 and speed of each as a ratio to the product's."""
    lines = [_HEAD, *(_cells(row, ours) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
    return "\n".join(
        "  ".join(
            [
                f"  {line[0]:<{widths[0]}}",
                *(f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True)),
            ]
        )
        for line in lines
    )


def _cells(row: Row, ours: Row) -> tuple[str, ...]:
    speed = f"{row.items_a_second:,.0f}" if row.items_a_second else ""
    return (
        row.name,
        _triple(row.joined),
        f"{row.raw.f1:.3f}",
        _triple(row.pairs),
        f"{row.merges_an_item:.3f}",
        speed,
        f"{row.groups:,}",
        f"{row.joined.f1 / ours.joined.f1:.2f} x" if ours.joined.f1 else "",
        f"{row.items_a_second / ours.items_a_second:.2f} x" if speed and ours.items_a_second else "",
    )


def _triple(score: Score) -> str:
    return " ".join(f"{value:.3f}" for value in score)


def row_figures(row: Row, *, is_ours: bool) -> list[Figure]:
    """A row as figures; the product's have their targets."""
    targets = (f">= {TARGET_F1}", f">= {TARGET_PRECISION}", f"<= {TARGET_MERGES}") if is_ours else ("", "", "")
    return [
        Figure(f"{row.name}: joined F1", row.joined.f1, "", targets[0]),
        Figure(f"{row.name}: joined precision", row.joined.precision, "", targets[1]),
        Figure(f"{row.name}: joined recall", row.joined.recall, ""),
        Figure(f"{row.name}: raw F1", row.raw.f1, ""),
        Figure(f"{row.name}: pairs F1", row.pairs.f1, ""),
        Figure(f"{row.name}: merges an item", row.merges_an_item, "", targets[2]),
        Figure(f"{row.name}: speed", row.items_a_second, "items/s"),
    ]


def order_figures(order: Order) -> list[Figure]:
    """How much the order within the hour moves."""
    f1s = [row.joined.f1 for row in order.rows]
    return [
        Figure("order: joined F1 of the shuffled runs, least", min(f1s), ""),
        Figure("order: the same, greatest", max(f1s), ""),
        Figure("order: agreement with the order as given, least", min(order.with_given), "BCubed F1"),
        Figure("order: agreement of the shuffled runs, least", min(order.among, default=1.0), "BCubed F1"),
        Figure("order: same order, same labels (3 processes)", float(order.same_labels), "1 = yes", "1"),
    ]


def comparison_figures(found: Comparison) -> list[Figure]:
    """The whole product beside its matcher alone."""
    return [
        Figure("product: joined F1", found.product.joined.f1, ""),
        Figure("product: joined F1 of the matcher alone on the same items", found.alone.joined.f1, ""),
        Figure("product: difference", found.product.joined.f1 - found.alone.joined.f1, "", "0"),
        Figure("product: agreement of the two", found.agreement, "BCubed F1", "1"),
        Figure("product: agreement with the matcher alone without restarts", found.unbroken_agreement, "BCubed F1"),
        Figure("product: events read", found.events, "events"),
        Figure("product: rows left out, one item with an earlier row", found.left_out, "rows"),
        Figure("product: items that no event has room for", found.untold, "items"),
        Figure("product: speed of ingest by the clock", found.product.items_a_second, "items/s"),
    ]
