"""`python -m services.accountability ROLE`."""

from services.accountability.bootstrap import NAME, READ_MODELS, build
from shared.service import main

main(NAME, build, READ_MODELS)
