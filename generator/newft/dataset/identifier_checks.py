"""Check digits of the numbers that name one person, one account or one firm."""

from __future__ import annotations

import re
from datetime import date

# of GB 11643-1999, the Chinese resident id: weights of 17 digits, and the check mark by remainder
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_MARKS = "10X98765432"
# of GB 32100-2015, the code of a Chinese organisation
_FIRM_MARKS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FIRM_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_PESEL_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)  # Polish act on population records, 2010
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"  # Spanish Royal Decree 1553/2005
# of the Verhoeff code, which ends an Indian Aadhaar number (UIDAI): permutations of the digits
_VERHOEFF_SHIFT = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)

_IBAN_PATTERN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_SSN_PATTERN = re.compile(r"(?!000|666|9)\d{3}[- ](?!00)\d{2}[- ](?!0000)\d{4}")


def join_marks(value: str) -> str:
    """Join the groups that a number is written in, in upper case."""
    return re.sub(r"[\s.\-/]", "", value).upper()


def is_card_number(value: str) -> bool:
    """Tell whether a number of 13 to 19 digits ends as ISO/IEC 7812-1 asks (Luhn)."""
    number = join_marks(value)
    return bool(re.fullmatch(r"[1-9][0-9]{12,18}", number)) and _passes_luhn(number)


def is_iban(value: str) -> bool:
    """Tell whether an account number passes ISO 13616 (modulo 97)."""
    joined = join_marks(value)
    if not joined.isascii() or not _IBAN_PATTERN.fullmatch(joined):
        return False
    return int("".join(str(int(mark, 36)) for mark in joined[4:] + joined[:4])) % 97 == 1


def is_resident_id(value: str) -> bool:
    """Tell whether a value is a Chinese resident id with its check mark (GB 11643)."""
    joined = join_marks(value)
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", joined) or not _is_date(joined[6:14]):
        return False
    total = sum(w * int(d) for w, d in zip(_RESIDENT_WEIGHTS, joined[:17], strict=True))
    return _RESIDENT_MARKS[total % 11] == joined[17]


def is_social_security_number(value: str) -> bool:
    """Tell whether a value has the form of a US social security number.

    It has no check digit; the Social Security Administration never assigned the areas 000, 666
    and 900 to 999, the group 00 and the serial number 0000.
    """
    return bool(_SSN_PATTERN.fullmatch(value))


def is_other_national_id(value: str) -> bool:
    """Tell whether one of the other public check digits holds.

    Those are the code of a Chinese organisation (GB 32100), the Brazilian CPF (Receita Federal),
    the Spanish DNI and NIE, the Polish PESEL, the French NIR (INSEE) and the Indian Aadhaar.
    """
    joined = join_marks(value)
    if not joined.isascii():
        return False
    checks = (_is_firm_code, _is_cpf, _is_dni, _is_pesel, _is_nir, _is_aadhaar)
    return any(check(joined) for check in checks)


def _passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _is_date(digits: str) -> bool:
    try:
        found = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return found.year >= 1900


def _is_firm_code(joined: str) -> bool:
    if not re.fullmatch(rf"[1-9A-Y][1-9]\d{{6}}[{_FIRM_MARKS}]{{10}}", joined, re.ASCII):
        return False
    marks = zip(_FIRM_WEIGHTS, joined[:17], strict=True)
    if any(mark not in _FIRM_MARKS for mark in joined):
        return False
    total = sum(weight * _FIRM_MARKS.index(mark) for weight, mark in marks)
    return _FIRM_MARKS[-total % 31] == joined[17]


def _is_cpf(joined: str) -> bool:
    if not re.fullmatch(r"[0-9]{11}", joined) or len(set(joined)) == 1:
        return False
    digits = [int(digit) for digit in joined]
    return all(
        sum(d * (place + 1 - at) for at, d in enumerate(digits[:place])) * 10 % 11 % 10
        == digits[place]
        for place in (9, 10)
    )


def _is_dni(joined: str) -> bool:
    if not re.fullmatch(r"[XYZ0-9][0-9]{7}[A-Z]", joined):
        return False
    number = int(joined[:8].translate(str.maketrans("XYZ", "012")))
    return _DNI_LETTERS[number % 23] == joined[8]


def _is_pesel(joined: str) -> bool:
    if not re.fullmatch(r"[0-9]{11}", joined) or int(joined[2:4]) % 20 not in range(1, 13):
        return False
    total = sum(w * int(d) for w, d in zip(_PESEL_WEIGHTS, joined[:10], strict=True))
    return -total % 10 == int(joined[10])


def _is_nir(joined: str) -> bool:
    if not re.fullmatch(r"[12][0-9]{4}(2[AB]|[0-9]{2})[0-9]{8}", joined):
        return False
    number = int(joined[:13].replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97 == int(joined[13:])


def _is_aadhaar(joined: str) -> bool:
    if not re.fullmatch(r"[2-9][0-9]{11}", joined):
        return False
    check = 0
    for place, digit in enumerate(reversed(joined)):
        mark = int(digit)
        for _ in range(place % 8):
            mark = _VERHOEFF_SHIFT[mark]
        check = _add_in_dihedral_group(check, mark)
    return check == 0


def _add_in_dihedral_group(left: int, right: int) -> int:
    """Combine two digits as the Verhoeff code does, in the group of a pentagon's symmetries."""
    turned = left % 5 + right % 5 if left < 5 else left % 5 - right % 5
    return turned % 5 + 5 * ((left >= 5) != (right >= 5))
