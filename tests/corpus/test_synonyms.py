from corpus import synonyms


def test_phrases_are_found_with_the_words_beside_them() -> None:
    assert synonyms.alike(["bị", "tử", "vong"], ["chết"])
    assert not synonyms.alike(["con", "lợn"], ["con", "gà"])


def test_each_word_of_a_phrase_has_its_meaning() -> None:
    (pig,) = synonyms.meanings(["heo"])
    assert [pig in found for found in synonyms.places(["một", "con", "lợn"])] == [False, False, True]
