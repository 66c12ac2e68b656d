"""How seldom Python looks for circles among objects."""

import gc

YOUNG, MIDDLE, OLD = 20_000, 20, 50


def collect_seldom() -> None:
    """Leave what a started process holds alone for good, and look at the rest less often.

    Events and rows refer to nothing in circles; looking through all modules and models again and
    again took a third of the time of a rebuild.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
