"""The `duban` command: the stack, the sample, history, feeds, replays and parked messages."""
