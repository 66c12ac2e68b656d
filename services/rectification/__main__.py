"""`python -m services.rectification ROLE`."""

from services.rectification.bootstrap import NAME, READ_MODELS, build
from shared.service import main

main(NAME, build, READ_MODELS)
