"""Values of made-up people, and numbers that look drawn at random: for the tests of columns."""

from __future__ import annotations

FIRST = ["Ann", "Bo", "Carla", "Dieter", "Eva", "Farid", "Gül", "Henk"]
LAST = ["Smith", "Kowalski", "Nguyen", "Müller", "Østby", "Rossi", "Díaz", "Park"]
ROADS = ("High Street", "Station Road", "Via Roma", "Hauptstraße", "Calle Mayor")


def spread(number: int, digits: int) -> int:
    """A number of so many digits that looks drawn at random."""
    low = 10 ** (digits - 1)
    return low + (number * 7_919_317 + 104_729) * 2_654_435_761 % (9 * low)
