"""The `duban` command."""

import typer

from shared.cli import dead_letters
from shared.cli.demo import demo
from shared.cli.diff import diff
from shared.cli.documents import asyncapi, openapi
from shared.cli.export import export_command
from shared.cli.feed import feed
from shared.cli.history import history
from shared.cli.invariants import invariants
from shared.cli.replay import replay_command
from shared.cli.running import serve, up
from shared.cli.state import state
from shared.cli.tokens import token
from shared.cli.verify import verify_command
from shared.cli.witness import witness_command, witness_feed_command

app = typer.Typer(
    name="duban",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="督办 – the second half of an inspection: feedback, rectification, supervision, "
    "evaluation, closing, accountability; every decision an event.\n\n"
    "New here? Run [bold]duban demo[/bold]. Exit codes: 0 done, 1 refused or not clean, 2 wrong "
    "input, 3 not found, 4 something does not answer.",
)

app.command()(demo)
app.command()(up)
app.command()(serve)
app.command()(history)
app.command()(state)
app.command()(diff)
app.command()(invariants)
app.command()(feed)
app.command("replay")(replay_command)
app.command("export")(export_command)
app.command("verify")(verify_command)
app.command("witness")(witness_command)
app.command("witness-feed")(witness_feed_command)
app.add_typer(dead_letters.app, name="dead-letters")
app.command()(token)
app.command()(openapi)
app.command()(asyncapi)
