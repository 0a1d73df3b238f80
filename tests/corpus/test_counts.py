from corpus import counts
from corpus.diacritics import Restorer

ROWS = [
    {"text": "Đập vỡ, dân chạy lên cao.", "origin": "one (MIT)"},
    {"text": "Dân vỡ đất.", "origin": "one (MIT)"},
    {"text": "cao nguyên", "origin": "two", "kind": "name"},
    {"text": "đạp", "origin": "three", "kind": "word", "share": 0.2},
]


def test_build_counts_and_reads_back() -> None:
    known = counts.read(counts.build(ROWS))
    assert known.origin == "one (MIT); two; three"
    assert {"đập", "đạp", "nguyên", "chạy"} <= set(known.syllables)
    assert list(known.pairs) == sorted(known.pairs)
    assert len(known.pairs) == len(known.pair_shares) == len(known.pair_rests)
    assert len(known.threes) == len(known.three_shares) > 0


def test_build_says_the_same_twice() -> None:
    assert counts.build(ROWS) == counts.build(ROWS)


def test_chances_after_a_syllable_add_up_to_one() -> None:
    known = counts.read(counts.build(ROWS))
    size = len(known.syllables)
    after = [share for pair, share in zip(known.pairs, known.pair_shares, strict=True) if pair // size == 0]
    assert abs(sum(after) + known.rests[0] - 1) < 0.02


def test_restorer_follows_the_neighbours_counted() -> None:
    restorer = Restorer(counts.read(counts.build(ROWS)))
    assert restorer.restore("dap vo, dan chay len cao") == "đập vỡ, dân chạy lên cao"


def test_syllables_marks_pauses_and_foreign_words() -> None:
    assert list(counts.syllables("Đập thuỷ, vỡ. Facebook đó")) == ["đập", "thủy", "vỡ", "", "", "đó", ""]
