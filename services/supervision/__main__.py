"""`python -m services.supervision ROLE`."""

from services.supervision.bootstrap import NAME, READ_MODELS, build
from shared.service import main

main(NAME, build, READ_MODELS)
