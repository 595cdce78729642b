"""The command line: one command per file, one line per mistake."""

import difflib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from robustmech.errors import InputError, RobustmechError

NOT_DONE, BAD_INPUT, NO_ANSWER, INTERRUPTED = 1, 2, 3, 130


_NAMES = ("solve", "verify", "design", "clear")


class _Commands(click.Group):
    """Commands imported when they are asked for: each needs other libraries, and some take a second to load."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, in the order in which a person meets them."""
        del ctx
        return list(_NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them."""
        del ctx
        if cmd_name not in _NAMES:
            return None
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
        if args and not args[0].startswith("-") and args[0] not in _NAMES:
            near = difflib.get_close_matches(args[0], _NAMES, 1)
            mend = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(_NAMES)}"
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
    """Run the command: 0 done, 1 not verified, 2 bad input, 3 no certified answer, 130 interrupted."""
    try:
        code = application(prog_name="robustmech", standalone_mode=False)
    except click.Abort:
        leave_at_once()
    except click.ClickException as error:
        _fail(error.format_message(), BAD_INPUT)
    except InputError as error:
        _fail(str(error), BAD_INPUT)
    except RobustmechError as error:
        _fail(str(error), NO_ANSWER)
    except MemoryError:
        _fail("not enough memory: take fewer actions", NO_ANSWER)
    except BrokenPipeError:
        # The reader of our output has gone; the interpreter must not try to flush into it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _fail(f"the output could not be written ({error.strerror})", NOT_DONE)
    except KeyboardInterrupt:
        leave_at_once()
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"robustmech: {' '.join(message.split())}", err=True)
    sys.exit(code)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Let no interrupt through while the body runs: it takes a moment, and loses something if it is cut short."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
