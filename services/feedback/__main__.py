"""`python -m services.feedback ROLE`."""

from services.feedback.bootstrap import NAME, READ_MODELS, build
from shared.service import main

main(NAME, build, READ_MODELS)
