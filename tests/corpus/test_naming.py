from corpus.naming import name_spans, names


def test_names_skips_single_words_at_the_start_of_sentences() -> None:
    assert names("Đập Nậm Pung đã vỡ. Hà Nội mưa; dân Bát Xát chạy") == {
        "dap",
        "nam",
        "pung",
        "ha",
        "noi",
        "bat",
        "xat",
    }
    assert names("Vỡ đập ở xã. Dân chạy") == set()


def test_spans_cover_whole_names() -> None:
    text = "Đập thủy điện Nậm Pung ở Bát Xát"
    assert [text[start:end] for start, end in name_spans(text)] == ["Nậm Pung", "Bát Xát"]
