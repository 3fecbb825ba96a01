"""Which rows repeat an earlier one, and which texts have several targets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newft.emitted.dedup import RowLocation, RowLocations, SeenTexts

rows = st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc")))


@given(rows=rows)
def test_each_text_and_target_is_remembered_once(rows: list[tuple[int, str]]) -> None:
    seen = SeenTexts[str]()
    first: dict[tuple[int, str], int] = {}
    for row in rows:
        assert seen.find_earlier(*row) == first.get(row)
        first.setdefault(row, len(first))
    of_text: dict[int, list[tuple[str, int]]] = {}
    second: dict[int, None] = {}
    for (text, target), number in first.items():
        if text in of_text:
            second[text] = None
        of_text.setdefault(text, []).append((target, number))
    assert [*seen.list_contradictions()] == [of_text[text] for text in second]


def test_places_are_found_by_number() -> None:
    """Also where files take turns."""
    places = [
        RowLocation("a", 1),
        RowLocation("a", 2**40),
        RowLocation("b", 1),
        RowLocation("a", 3),
    ]
    locations = RowLocations()
    for place in places:
        locations.append(place)
    assert [locations[number] for number in range(len(places))] == places
