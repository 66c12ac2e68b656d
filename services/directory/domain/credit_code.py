"""The unified social credit code (统一社会信用代码, GB 32100-2015) and its check character."""

from shared.kernel.errors import InvalidValueError

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""31 characters: digits and capitals without I, O, S, V, Z."""

LENGTH = 18


class CreditCodeInvalidError(InvalidValueError):
    code = "credit-code-invalid"
    title = "The unified social credit code is not valid"


def check_character(body: str) -> str:
    """Return the 18th character that belongs to the first seventeen.

    C18 = (31 − Σ Ci·3^(i−1) mod 31) mod 31. Any first character of the alphabet is allowed: the
    check in common libraries refuses codes that begin with A, N or Y.
    """
    total = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return ALPHABET[-total % 31]


def require_credit_code(code: str) -> None:
    """Raises CreditCodeInvalidError for another length, alphabet or check character."""
    known = len(code) == LENGTH and set(code) <= set(ALPHABET)
    if not known or check_character(code[:-1]) != code[-1]:
        raise CreditCodeInvalidError("18 characters, the last of which checks the others")
