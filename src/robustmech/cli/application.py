"""The command line: one command per file, one line per mistake."""

import difflib
import importlib
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import NoReturn

import click

from robustmech.cli import OUTPUT_LOST
from robustmech.cli.saying import say
from robustmech.errors import InputError, RobustmechError
from robustmech.memory import is_lack_of_memory, require_address_space

BAD_INPUT, NO_ANSWER, INTERRUPTED = 2, 3, 130
FAULT = 70  # EX_SOFTWARE of sysexits.h
READER_GONE = 128 + 13  # what a shell reports of a program that SIGPIPE ended

_SPACE_TO_LOAD = 240 * 2**20  # bytes; native libraries that get less end the process with a status of their own

_COMMANDS = {
    "solve": "From a problem file to a certified bracket.",
    "verify": "Check a result folder in exact arithmetic.",
    "design": "From what a seller knows to an auction file.",
    "clear": "From sealed bids to lots and payments.",
}
"""The commands in the order in which a person meets them, with the short help of each."""


class _Commands(click.Group):
    """Commands imported when they are asked for: each needs other libraries, and some take a second to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them."""
        del ctx
        return list(_COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, for which none has to be imported."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        require_address_space(_SPACE_TO_LOAD)
        module = importlib.import_module(f"robustmech.cli.{cmd_name}_command")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with.

        Raises:
            UsageError: naming the nearest command, if there is none of that name.
        """
        if args and not args[0].startswith("-") and args[0] not in _COMMANDS:
            near = difflib.get_close_matches(args[0], _COMMANDS, 1)
            mend = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(_COMMANDS)}"
            raise click.UsageError(f"there is no command '{args[0]}': {mend}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, invoke_without_command=True)
@click.option("--version", "show_version", is_flag=True, help="Print the version and stop.")
@click.pass_context
def application(context: click.Context, show_version: bool) -> None:
    """Informationally robust mechanism design: guarantees, potentials, and a certified bracket between them."""
    if show_version:
        from robustmech import __version__

        click.echo(f"robustmech {__version__}")
    elif context.invoked_subcommand is None:
        click.echo(context.get_help())


def run() -> int:
    """Run the command.

    Returns:
        0 done, 1 not verified, 2 bad input, 3 no certified answer (or too little memory for one), 70 a fault of ours,
        74 the output could not be written, 130 interrupted, 141 the output's reader has gone.
    """
    try:
        code = _invoke()
    except click.Abort:
        leave_at_once()
    except click.ClickException as error:
        _fail(error.format_message(), BAD_INPUT)
    except InputError as error:
        _fail(str(error), BAD_INPUT)
    except RobustmechError as error:
        _fail(str(error), NO_ANSWER)
    except KeyboardInterrupt:
        leave_at_once()
    except BrokenPipeError:
        _abandon_output()
        sys.exit(READER_GONE)
    except Exception as error:
        if is_lack_of_memory(error):
            _fail("not enough memory: take fewer actions, or allow more", NO_ANSWER)
        if isinstance(error, OSError):
            _abandon_output()
            _fail(f"the output could not be written ({error.strerror})", OUTPUT_LOST)
        if isinstance(error, ImportError) or "ROBUSTMECH_TRACEBACK" in os.environ:
            raise
        _fail(f"{_fault(error)}; please report it, with what ROBUSTMECH_TRACEBACK=1 shows", FAULT)
    return code if isinstance(code, int) else 0


def _invoke() -> object:
    """Click's own way to call a group ends with 1, not verified, where the output's reader has gone (click 8.5)."""
    if "_ROBUSTMECH_COMPLETE" in os.environ:  # a shell that completes what is typed
        return application(prog_name="robustmech", standalone_mode=False)
    try:
        with application.make_context("robustmech", sys.argv[1:]) as context:
            return application.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code


def _fault(error: Exception) -> str:
    """What went wrong and where, for a mistake in this program rather than in what it was given."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = "" if frame is None else f" at {os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}"
    return f"a fault of this program{place}: {type(error).__name__}: {str(error)[:200]}"


def _abandon_output() -> None:
    """Have what could not be written forgotten: the interpreter must not try again when it ends."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int) -> NoReturn:
    with suppress(OSError):
        say(f"robustmech: {' '.join(message.split())}", err=True)
    sys.exit(code)


def hold_interrupts() -> None:
    """Let no interrupt through from now on: the command is about to end, and its answer is not to be cut short."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)


def leave_at_once(*, in_hand: bool = False) -> NoReturn:
    """End without waiting for anything, with the status of an interrupt.

    Args:
        in_hand: whether what was found so far has been printed.
    """
    said = "this is what was found so far" if in_hand else "nothing was written"
    sys.stdout.flush()
    click.echo(f"robustmech: interrupted; {said}", err=True)
    sys.stderr.flush()
    # A solver's thread may still be finishing an iteration, and must not find the interpreter half taken down.
    os._exit(INTERRUPTED)
