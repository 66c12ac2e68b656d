"""The check character of the unified social credit code."""

import pytest

from services.directory.domain.credit_code import CreditCodeInvalidError, require_credit_code


class TestCreditCode:
    @pytest.mark.parametrize("code", ["11320000MB151840XJ", "91350100M000100Y43"])
    def test_accepts_codes_that_were_given_out(self, code: str) -> None:
        require_credit_code(code)

    @pytest.mark.parametrize(
        "code",
        [
            "11320000MB151840XK",  # another check character
            "11320000MB151480XJ",  # two characters changed places
            "11320000MB15184OXJ",  # the letter O is not of the alphabet
            "11320000MB151840X",
            "",
        ],
    )
    def test_refuses_every_other(self, code: str) -> None:
        with pytest.raises(CreditCodeInvalidError):
            require_credit_code(code)

    @pytest.mark.parametrize("first", "ANY")
    def test_any_first_character_may_have_a_right_check_character(self, first: str) -> None:
        body = first + "1320000MB151840X"
        accepted = [char for char in "0123456789ABCDEFGHJKLMNPQRTUWXY" if _is_valid(body + char)]
        assert len(accepted) == 1


def _is_valid(code: str) -> bool:
    try:
        require_credit_code(code)
    except CreditCodeInvalidError:
        return False
    return True
