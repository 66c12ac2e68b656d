"""The directory follows nobody: others follow it."""

from shared.messaging.reactions import Reactions

reactions = Reactions()
